"""What a reader noted of how far it came is kept with its batch, and goes where the tenant goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.bookmarks import Bookmark
from flows.warehouse.warehouse import Batch, Fenced, Unaccounted, Warehouse
from tests.flows.batches import NOON, OUTLET, TILLS, Row, batch_of
from tests.flows.engines import OnDuckDB, OnSnowflake, Place
from tests.simulators.snowflake.process import SnowflakeServer

COUNTED = Bookmark(counter=11)
BY_LIST = Bookmark(lists={"7": NOON - timedelta(hours=1), "8": NOON - timedelta(days=20)})


@pytest.fixture
def warehouse(place: Place) -> Iterator[Warehouse]:
    with place.open() as opened:
        yield opened


@pytest.fixture
def on_snowflake(snowflake: SnowflakeServer, tmp_path: Path) -> Iterator[OnSnowflake]:
    found = OnSnowflake(snowflake, tmp_path)
    yield found
    found.warehouses.close()


def counted(folder: Path, counter: int, *, key: str = "1", **told: Any) -> Batch:
    batch = batch_of(Row(key, str(counter)), folder=folder, **told)
    return replace(batch, noted=Bookmark(counter=counter))


def bookmark(warehouse: Warehouse, connection: str = TILLS) -> Bookmark:
    return warehouse.known(connection_id=connection).bookmark("sale")


def test_a_number_is_the_bookmark_of_whose_batch_it_came_with(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    landed = warehouse.land(counted(tmp_path, 11), at=NOON)

    assert landed.bookmark == COUNTED
    assert bookmark(warehouse) == COUNTED
    assert bookmark(warehouse, OUTLET) == Bookmark()


def test_a_record_with_nothing_but_a_number_changed_when_it_was_read(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(counted(tmp_path, 11), at=NOON + timedelta(minutes=5))

    changed_at = place.query("select changed_at from raw.shop__sale")
    assert changed_at == [(NOON.replace(tzinfo=None),)]


def test_a_number_and_a_moment_are_both_kept(warehouse: Warehouse, tmp_path: Path) -> None:
    changed_at = NOON - timedelta(hours=1)
    batch = batch_of(Row("1", "A", changed_at), folder=tmp_path)

    warehouse.land(replace(batch, noted=COUNTED), at=NOON)

    assert bookmark(warehouse) == Bookmark(moment=changed_at, counter=11)


def test_a_number_never_falls_and_an_empty_batch_leaves_it(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(counted(tmp_path, 11), at=NOON)

    for batch in (counted(tmp_path, 9), batch_of(folder=tmp_path)):
        landed = warehouse.land(batch, at=NOON)

        assert landed.bookmark == COUNTED
        assert bookmark(warehouse) == COUNTED


def test_lists_go_on_one_by_one(warehouse: Warehouse, tmp_path: Path) -> None:
    later = Bookmark(lists={"8": NOON, "9": NOON})
    first = batch_of(Row("1", "A"), folder=tmp_path)
    second = batch_of(Row("2", "B"), folder=tmp_path)
    warehouse.land(replace(first, noted=BY_LIST), at=NOON)

    warehouse.land(replace(second, noted=later), at=NOON)

    assert bookmark(warehouse).lists == {**BY_LIST.lists, **later.lists}


def test_what_does_not_land_moves_no_bookmark(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land(counted(tmp_path, 11, fence=2), at=NOON)

    with pytest.raises(Fenced):
        warehouse.land(counted(tmp_path, 12, fence=1), at=NOON)
    with pytest.raises(Unaccounted):
        warehouse.land(counted(tmp_path, 13, fence=2, records=7), at=NOON)

    assert bookmark(warehouse) == COUNTED


def test_a_batch_that_is_landed_again_tells_the_same_number(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    batch = counted(tmp_path, 11)
    warehouse.land(batch, at=NOON)

    assert warehouse.land(batch, at=NOON).bookmark == COUNTED


def test_what_is_shown_of_a_stream_has_its_number(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land(counted(tmp_path, 11), at=NOON)

    [state] = warehouse.streams()

    assert state.bookmark.text == "11"


def test_the_same_records_with_a_number_that_is_new_are_not_taken_for_known(
    place: Place, tmp_path: Path
) -> None:
    """As after a change of the connector: the records are as they were, and were not counted."""
    with place.open() as warehouse:
        warehouse.land(batch_of(Row("1", "11"), folder=tmp_path), at=NOON)

    with place.open() as warehouse:
        landed = warehouse.land(counted(tmp_path, 11), at=NOON)

    with place.open() as warehouse:
        assert (landed.unchanged, bookmark(warehouse)) == (1, COUNTED)


def test_a_snowflake_warehouse_sleeps_on_where_nothing_was_counted(
    on_snowflake: OnSnowflake, tmp_path: Path
) -> None:
    with on_snowflake.open() as warehouse:
        warehouse.land(counted(tmp_path, 11), at=NOON)
    on_snowflake.server.clear_ledger()

    with on_snowflake.open() as warehouse:
        warehouse.land(counted(tmp_path, 11), at=NOON)
        assert bookmark(warehouse) == COUNTED

    assert on_snowflake.server.ledger() == []


def test_a_warehouse_from_before_there_were_numbers_goes_on(tmp_path: Path) -> None:
    place = OnDuckDB(tmp_path)
    with place.open() as warehouse:
        warehouse.land(batch_of(Row("1", "A", NOON), folder=tmp_path), at=NOON)
        place.query("drop table raw.bookmark_notes")

    with place.open() as warehouse:
        assert bookmark(warehouse) == Bookmark(moment=NOON)
        warehouse.land(counted(tmp_path, 11, key="2"), at=NOON)

        assert bookmark(warehouse) == Bookmark(moment=NOON, counter=11)


def test_a_tenant_takes_its_bookmarks_to_another_engine(
    on_snowflake: OnSnowflake, tmp_path: Path
) -> None:
    old, new = OnDuckDB(tmp_path / "old"), on_snowflake
    noted = replace(BY_LIST, counter=11)
    batch = batch_of(Row("1", "A", NOON), folder=tmp_path)
    with old.open() as source:
        source.land(replace(batch, noted=noted), at=NOON)

        for table, columns in source.raw_tables().items():
            file = tmp_path / f"{table}.parquet"
            source.copy_out(table, columns=columns, file=file)
            with new.warehouses.open(new.tenant) as target:
                target.copy_in(table, columns=columns, file=file)

    with new.warehouses.open(new.tenant) as target:
        assert bookmark(target) == replace(noted, moment=NOON)
