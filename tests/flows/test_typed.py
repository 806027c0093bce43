"""Streams that name their fields land as columns, and what does not fit is told apart by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import pytest

from flows.warehouse.duckdb import DuckDBWarehouse
from flows.warehouse.warehouse import WarehouseRefused
from tests.flows.batches import NOON, warehouse_in
from tests.flows.typed_sales import SALE, batch_of, counts, sale, shown


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with warehouse_in(tmp_path / "warehouses", "shop__sale") as opened:
        yield opened


def test_a_record_becomes_columns_of_the_kinds_that_its_stream_names(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    landed = warehouse.land(batch_of(tmp_path, sale(1, pieces=2.125, note="né")), at=NOON)

    [record] = shown(warehouse)
    assert counts(landed) == (1, 0, 0, 0)
    assert record == {
        "id": "S1",
        "at": datetime(2026, 11, 1, 10, tzinfo=UTC),
        "total": Decimal("12.50"),
        "pieces": Decimal("2.125"),
        "till": 4,
        "void": False,
        "note": "né",
        "buyer": '{"b":[1.5]}',
    }
    assert landed.bookmark.moment == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_the_lake_keeps_every_record_as_the_source_wrote_it(tmp_path: Path) -> None:
    text = '{"id": "S1", "total": 12.500, "nobody knows": [1.10, 9007199254740993]}'

    batch = batch_of(tmp_path, text)

    with duckdb.connect() as db:
        rows = db.execute(
            "select batch_id, payload from read_parquet(?)", [str(batch.file)]
        ).fetchall()
    assert rows == [(batch.batch_id, text)]


def test_a_second_read_tells_new_changed_and_unchanged_apart(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(tmp_path, sale(1), sale(2)), at=NOON)

    again = batch_of(tmp_path, sale(1), sale(2, total="13.00"), sale(3), hours=1)
    landed = warehouse.land(again, at=NOON + timedelta(hours=1))

    assert counts(landed) == (1, 1, 1, 0)
    totals = shown(warehouse, "record.total")
    assert totals == [Decimal("12.50"), Decimal("13.00"), Decimal("12.50")]
    history = warehouse._db.execute("select count(*) from raw.shop__sale__typed").fetchall()
    assert history == [(4,)]


def test_a_record_that_comes_twice_in_the_first_read_shows_its_last_content(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    later = sale(1, total="13.00", at="2026-11-01T11:00:00Z")

    landed = warehouse.land(batch_of(tmp_path, later, sale(1), sale(2)), at=NOON)

    assert counts(landed) == (2, 1, 0, 0)
    assert shown(warehouse, "record.total") == [Decimal("13.00"), Decimal("12.50")]


def test_a_batch_that_has_landed_lands_no_second_time(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    batch = batch_of(tmp_path, sale(1))
    first = warehouse.land(batch, at=NOON)

    assert warehouse.land(batch, at=NOON) == first
    assert len(shown(warehouse)) == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("3", "The record is not an object."),
        ("null", "The record is not an object."),
        ('{"id":null}', "The record has no id."),
        ('{"id":"S9","id":"S8"}', "The record has a field twice."),
        (r'{"id":"S9","note":"\ud800"}', "The record is not valid JSON."),
        ('{"id":"S9","at":"yesterday"}', "at is not a date and time."),
        ('{"id":1e30}', "id is a number with too many digits."),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_one_bad_record_is_rejected_and_the_others_land(
    warehouse: DuckDBWarehouse, tmp_path: Path, record: str, reason: str, is_first: bool
) -> None:
    if not is_first:
        warehouse.land(batch_of(tmp_path, sale(1)), at=NOON)

    landed = warehouse.land(
        batch_of(tmp_path, sale(1), record, sale(2), hours=1), at=NOON + timedelta(hours=1)
    )

    assert counts(landed) == ((2, 0, 0, 1) if is_first else (1, 0, 1, 1))
    rejects = warehouse._db.execute("select reason, payload from raw.rejects").fetchall()
    assert rejects == [(reason, record)]
    assert shown(warehouse, "record.id") == ["S1", "S2"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_value_that_is_not_of_its_kind_is_nothing_and_the_rest_of_the_record_lands(
    warehouse: DuckDBWarehouse, tmp_path: Path, is_first: bool
) -> None:
    if not is_first:
        warehouse.land(batch_of(tmp_path, sale(3)), at=NOON)
    odd = sale(1, total="n/a", till="four", pieces="")

    warehouse.land(batch_of(tmp_path, odd, sale(2), hours=1), at=NOON + timedelta(hours=1))

    [first, second, *_] = shown(warehouse)
    assert (first["total"], first["till"], first["pieces"], first["id"]) == (None, None, None, "S1")
    assert second["total"] == Decimal("12.50")


def test_reading_twice_in_two_ways_finds_nothing_changed(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    records = [sale(number, note=f"{number}", pieces=number / 8) for number in range(50)]
    warehouse.land(batch_of(tmp_path, *records), at=NOON)

    # The bad one makes each value be read by itself.
    again = batch_of(tmp_path, *records, "3", hours=1)
    landed = warehouse.land(again, at=NOON + timedelta(hours=1))

    assert counts(landed) == (0, 0, 50, 1)


def test_a_record_without_a_time_of_change_does_not_move_the_bookmark(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    landed = warehouse.land(batch_of(tmp_path, sale(1), sale(2, at=None)), at=NOON)

    assert counts(landed) == (2, 0, 0, 0)
    assert landed.bookmark.moment == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_a_field_that_the_stream_names_later_is_added_to_the_columns(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    few = {name: kind for name, kind in SALE.fields.items() if name != "note"}
    before = SALE.model_copy(update={"fields": few})
    warehouse.land(batch_of(tmp_path, sale(1, note="x"), stream=before), at=NOON)

    warehouse.land(batch_of(tmp_path, sale(2, note="y"), hours=1), at=NOON + timedelta(hours=1))

    assert shown(warehouse, "record.note") == [None, "y"]


def test_a_field_of_another_kind_than_is_held_is_refused_and_not_cut_to_the_old_one(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(tmp_path, sale(1)), at=NOON)
    finer = SALE.model_copy(update={"fields": {**SALE.fields, "total": "percent"}})

    with pytest.raises(WarehouseRefused, match=r"total of shop__sale is held as DECIMAL\(18,2\)"):
        warehouse.land(batch_of(tmp_path, sale(2), stream=finer, hours=1), at=NOON)

    assert shown(warehouse, "record.id") == ["S1"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_record_written_over_several_lines_is_one_record(
    warehouse: DuckDBWarehouse, tmp_path: Path, is_first: bool
) -> None:
    if not is_first:
        warehouse.land(batch_of(tmp_path, sale(3)), at=NOON)
    pretty = [json.dumps(sale(number), indent=1).replace("\n", "\r\n") for number in (1, 2)]

    batch = batch_of(tmp_path, *pretty, "3", hours=1)
    landed = warehouse.land(batch, at=NOON + timedelta(hours=1))

    assert counts(landed) == (2, 0, 0, 1)
    assert shown(warehouse, "record.id")[:2] == ["S1", "S2"]


def test_a_record_with_an_unknown_field_is_rejected_where_that_is_asked_for(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    careful = SALE.model_copy(update={"drift": "quarantine"})

    landed = warehouse.land(
        batch_of(tmp_path, sale(1), sale(2, colour="red"), stream=careful), at=NOON
    )

    assert counts(landed) == (1, 0, 0, 1)
    [(reason,)] = warehouse._db.execute("select reason from raw.rejects").fetchall()
    assert reason == "The record has a field that is not known: colour."


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize(
    ("drift", "odd", "expected"),
    [
        ("quarantine", json.dumps(sale(1, colour="red")), (0, 0, 1, 1)),
        ("evolve", json.dumps(sale(1))[:-1] + ', "x": 1, "x": 2}', (0, 0, 1, 1)),
        ("evolve", json.dumps(sale(1)), (0, 0, 2, 0)),
    ],
)
def test_a_rejected_record_is_not_as_it_was_though_its_columns_are(
    warehouse: DuckDBWarehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drift: Literal["quarantine", "evolve"],
    odd: str,
    expected: tuple[int, int, int, int],
    few: int,
) -> None:
    monkeypatch.setattr("flows.columns.typed._FEW", few)
    stream = SALE.model_copy(update={"drift": drift})
    warehouse.land(batch_of(tmp_path, sale(1), sale(2), stream=stream), at=NOON)

    again = batch_of(tmp_path, odd, sale(2), stream=stream, hours=1)
    landed = warehouse.land(again, at=NOON + timedelta(hours=1))

    assert counts(landed) == expected


@pytest.mark.parametrize("total", ["12.50", "1e2"])
def test_wide_records_land_as_narrow_ones_do(
    warehouse: DuckDBWarehouse, tmp_path: Path, total: str
) -> None:
    buyer = {f"field {number}": "x" * 20 for number in range(150)}
    records = [sale(number, buyer=buyer, total=total) for number in range(2000)]

    landed = warehouse.land(batch_of(tmp_path, *records), at=NOON)

    assert counts(landed) == (2000, 0, 0, 0)


@pytest.mark.parametrize("few", [0, 2000])
def test_a_field_may_have_digits_for_a_name(
    warehouse: DuckDBWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("flows.columns.typed._FEW", few)
    stream = SALE.model_copy(update={"key": ["0"], "fields": {"0": "key", "at": "moment"}})

    batch = batch_of(tmp_path, '{"0": "k1", "at": "2026-11-01T10:00:00Z"}', stream=stream)

    assert counts(warehouse.land(batch, at=NOON)) == (1, 0, 0, 0)
    assert shown(warehouse, "record_key") == ["k1"]


def test_a_read_of_nothing_is_accounted_for(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    landed = warehouse.land(batch_of(tmp_path), at=NOON)

    assert counts(landed) == (0, 0, 0, 0)


def test_columns_do_not_leave_for_an_engine_that_cannot_take_them(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    assert "shop__sale" in warehouse.raw_tables()
    warehouse.land(batch_of(tmp_path, sale(1)), at=NOON)

    with pytest.raises(WarehouseRefused, match=r"shop__sale are held as columns.*read anew"):
        warehouse.raw_tables()


def test_of_a_large_first_read_with_a_record_twice_the_later_one_of_the_source_counts(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    # So much of it that more than one thread reads it.
    records = [sale(number, note="before" * 200) for number in range(20_000)]
    again = [sale(number, note="after") for number in range(0, 20_000, 200)]

    landed = warehouse.land(batch_of(tmp_path, *records, *again), at=NOON)

    assert counts(landed) == (20_000, 100, 0, 0)
    assert shown(warehouse, "record.note").count("after") == 100


def test_a_record_without_a_date_that_is_as_it_was_does_not_move_the_bookmark(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    records = [sale(1), sale(2, at=None)]
    first = warehouse.land(batch_of(tmp_path, *records), at=NOON)

    again = warehouse.land(batch_of(tmp_path, *records, hours=1), at=NOON)

    assert counts(again) == (0, 0, 2, 0)
    assert again.bookmark == first.bookmark


def test_a_read_of_nothing_but_a_record_that_is_too_large_is_accounted_for(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    huge = sale(1, note="x" * 6_000_000)

    landed = [
        warehouse.land(batch_of(tmp_path, *records), at=NOON)
        for records in ([huge], [sale(2)], [huge])
    ]

    assert [*map(counts, landed)] == [(0, 0, 0, 1), (1, 0, 0, 0), (0, 0, 0, 1)]


@pytest.mark.nightly
def test_one_odd_value_among_hundreds_of_thousands_takes_no_more_memory_than_there_is(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    many = [sale(number, note="long " * 80) for number in range(300_000)]

    landed = warehouse.land(batch_of(tmp_path, *many, sale(300_000, total="n/a")), at=NOON)

    assert counts(landed) == (300_001, 0, 0, 0)
