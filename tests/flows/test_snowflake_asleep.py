"""What wakes a warehouse and what does not: a memo answers, or the warehouse is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseRefused
from tests.flows.batches import NOON, TILLS, Row, batch_of
from tests.flows.engines import OnSnowflake
from tests.simulators.snowflake.process import SnowflakeServer

A, B = Row("1", "A", NOON), Row("2", "B", NOON)


@pytest.fixture
def place(snowflake: SnowflakeServer, tmp_path: Path) -> Iterator[OnSnowflake]:
    found = OnSnowflake(snowflake, tmp_path)
    yield found
    snowflake.clear_faults()
    found.warehouses.close()


def test_every_statement_says_for_whom_it_runs(place: OnSnowflake, tmp_path: Path) -> None:
    place.server.clear_ledger()
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    tags = {line["query_tag"] for line in place.server.ledger()}
    tag = Tag(place.tenant.code, batch_of(folder=tmp_path).connection_id, "run", "extract").text
    assert tags == {tag}


def test_a_run_that_brings_nothing_wakes_no_warehouse(place: OnSnowflake, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
        through = warehouse.landed_through()
        assert through is not None
    place.server.clear_ledger()

    with place.open() as warehouse:
        landed = warehouse.land(batch_of(folder=tmp_path), at=NOON)

        assert landed.bookmark.moment == A.changed_at
        assert warehouse.known(connection_id=TILLS).bookmark("sale").moment == A.changed_at
        assert warehouse.landed_after(through) == []
    assert place.server.ledger() == []


def test_the_same_records_again_wake_no_warehouse_and_are_accounted_for(
    place: OnSnowflake, tmp_path: Path
) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)
    place.server.clear_ledger()

    with place.open() as warehouse:
        again = warehouse.land(batch_of(B, A, folder=tmp_path), at=NOON)

    assert (again.extracted, again.unchanged, again.bookmark.moment) == (2, 2, NOON)
    assert place.server.ledger() == []


def test_a_record_that_changes_and_changes_back_is_never_taken_for_unchanged(
    place: OnSnowflake, tmp_path: Path
) -> None:
    changed = Row("1", "Z", NOON)
    with place.open() as warehouse:
        ends = [warehouse.land(batch_of(row, folder=tmp_path), at=NOON) for row in (A, changed, A)]

    assert [(end.new, end.changed) for end in ends] == [(1, 0), (0, 1), (0, 1)]


def test_a_landing_that_died_is_not_taken_for_the_one_before(
    place: OnSnowflake, tmp_path: Path
) -> None:
    with place.open("shop__sale", "shop__branch") as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
        place.server.fault("refuse", r"^\s*copy into", errno=3001)
        with pytest.raises(WarehouseRefused):
            warehouse.land(batch_of(Row("1", "Z", NOON), folder=tmp_path), at=NOON)
        warehouse.land(batch_of(B, folder=tmp_path, stream="branch"), at=NOON)
        place.server.clear_ledger()

        again = warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    assert again.unchanged == 1
    assert place.server.ledger() != []


def test_what_the_lake_does_not_know_is_asked(place: OnSnowflake, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
    for file in place.lake.files(place.tenant.code):
        place.lake.delete(file.key)

    place.server.clear_ledger()

    with place.open() as warehouse:
        assert warehouse.landed_through() == NOON
        assert warehouse.known(connection_id=TILLS).bookmark("sale").moment == A.changed_at
        assert warehouse.land(batch_of(A, folder=tmp_path), at=NOON).unchanged == 1
    assert place.server.ledger() != []
