"""What a source no longer has is marked in streams that are held as columns, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.connectors.streams import Stream
from flows.warehouse.deletes import Sweep, Swept
from flows.warehouse.duckdb import DuckDBWarehouse
from flows.warehouse.warehouse import Batch, Landed
from tests.flows.batches import NOON, warehouse_in
from tests.flows.typed_sales import batch_of, counts, sale


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with warehouse_in(tmp_path / "warehouses", "shop__sale") as opened:
        yield opened


def swept(batch: Batch) -> Batch:
    """The batch as a whole listing."""
    return replace(batch, sweep=Sweep(listed=batch.records, blocked_above=50))


def marks(warehouse: DuckDBWarehouse) -> list[tuple[str, str]]:
    """The keys of what is gone, with what was said last."""
    found: list[tuple[str, str]] = warehouse._db.execute(
        "select record_key, record.note from raw.shop__sale__records where is_deleted"
    ).fetchall()
    return found


def test_what_is_gone_keeps_its_columns_and_may_return(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    first = [sale(number, note=f"n{number}") for number in range(3)]
    warehouse.land(swept(batch_of(tmp_path, *first)), at=NOON)

    gone = warehouse.land(swept(batch_of(tmp_path, *first[:2], hours=1)), at=NOON)
    marked = marks(warehouse)
    back = warehouse.land(swept(batch_of(tmp_path, *first, hours=2)), at=NOON)

    assert gone.swept == Swept(held=3, missing=1, deleted=1, returned=0)
    assert marked == [("S2", "n2")]
    assert counts(back) == (0, 1, 2, 0)
    assert marks(warehouse) == []


def test_a_list_of_ids_marks_columns_and_brings_them_back(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    records = [sale(number) for number in range(3)]
    warehouse.land(batch_of(tmp_path, *records), at=NOON)
    two, three = (batch_of(tmp_path, *records[:count], as_columns=False) for count in (2, 3))

    def increment(listing: Batch, hours: int) -> Landed:
        sweep = Sweep(listed=listing.records, blocked_above=50, file=listing.file)
        changed = batch_of(tmp_path, sale(9, total=str(hours)), hours=hours)
        return warehouse.land(replace(changed, sweep=sweep), at=NOON)

    gone, back = increment(two, 1).swept, increment(three, 2).swept

    assert gone == Swept(held=3, missing=1, deleted=1, returned=0)
    assert back == Swept(held=3, missing=0, deleted=0, returned=1)
    assert marks(warehouse) == []
    assert counts(warehouse.land(batch_of(tmp_path, *records, hours=3), at=NOON)) == (0, 0, 3, 0)


def test_columns_that_vanish_all_at_once_stay(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    warehouse.land(swept(batch_of(tmp_path, sale(1), sale(2))), at=NOON)

    landed = [
        warehouse.land(swept(batch_of(tmp_path, *records, hours=1)), at=NOON).swept
        for records in ([sale(3)], [])
    ]

    assert landed == [Swept(2, 2, 0, 0), Swept(3, 3, 0, 0)]
    assert marks(warehouse) == []


def test_nothing_is_gone_where_nothing_was_held(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    landed = [
        warehouse.land(swept(batch_of(tmp_path, *records)), at=NOON).swept
        for records in ([], [sale(1)])
    ]

    assert landed == [Swept(0, 0, 0, 0), Swept(0, 0, 0, 0)]


def test_a_record_of_noughts_alone_is_not_gone(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    fields = {"id": "whole", "pieces": "quantity", "void": "flag"}
    stream = Stream.model_validate({"path": "s", "key": ["id"], "load": "full", "fields": fields})
    nought = {"id": 0, "pieces": 0, "void": False}

    for hours, record in enumerate((nought, nought, nought | {"pieces": 1}, nought)):
        warehouse.land(batch_of(tmp_path, record, stream=stream, hours=hours), at=NOON)

    found = warehouse._db.execute(
        "select record_key, is_deleted from raw.shop__sale__records"
    ).fetchall()
    assert found == [("0", False)]
