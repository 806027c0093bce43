"""Streams that name their fields land as columns, and what does not fit is told apart by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast
from uuid import uuid4

import duckdb
import pytest
from msgspec import Raw

from flows.columns import Origin
from flows.columns.files import engine
from flows.connectors.moments import Change
from flows.connectors.reader import Page, Reader
from flows.connectors.streams import Stream
from flows.extract import Privacy, extract
from flows.warehouse.duckdb import DuckDBWarehouse
from flows.warehouse.warehouse import Batch, Landed, WarehouseRefused
from tests.flows.batches import NOON, TENANT, TILLS, warehouse_in

SALE = Stream.model_validate(
    {
        "path": "sale",
        "key": ["id"],
        "load": "full",
        "changed": {"take": "at", "zone": "utc"},
        "fields": {
            **{"id": "key", "at": "moment", "total": "money", "pieces": "quantity"},
            **{"till": "whole", "void": "flag", "note": "text", "buyer": "json"},
        },
    }
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with warehouse_in(tmp_path / "warehouses", "shop__sale") as opened:
        yield opened


def sale(number: int, **fields: Any) -> dict[str, Any]:
    given = {"id": f"S{number}", "at": "2026-11-01T10:00:00Z", "total": "12.50", "pieces": 1}
    return {**given, "till": 4, "void": False, "note": None, "buyer": {"b": [1.50]}, **fields}


def batch_of(
    folder: Path,
    *records: dict[str, Any] | str,
    stream: Stream = SALE,
    hours: int = 0,
    as_columns: bool = True,
) -> Batch:
    """What a read of these records gives; texts are records as they stand."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in records]
    made = folder / uuid4().hex
    made.mkdir()
    body = ("[" + ",".join(texts) + "]").encode()
    pages = [
        Page(number=1, body=body, records=[Raw(text.encode()) for text in texts], received_at=NOON)
    ]
    read_at = NOON + timedelta(hours=hours)
    origin = Origin(TENANT.code, TILLS, made.name, extracted_at=read_at)
    extracted = extract(
        reader=cast("Reader", SimpleNamespace(pages=lambda *_, **__: iter(pages))),
        name="sale",
        stream=stream,
        since=None,
        privacy=Privacy(kept=frozenset(), pseudonym_key=b"k" * 32),
        origin=origin,
        time_zone="Europe/Berlin",
        folder=made,
        as_columns=as_columns,
    )
    return Batch(
        batch_id=origin.batch_id,
        tenant_id=TENANT.code,
        connection_id=TILLS,
        connector="shop",
        stream="sale",
        run_id="run",
        fence=1,
        extracted_at=read_at,
        records=extracted.records,
        bytes_read=extracted.bytes_read,
        lake_key=f"{made.name}.parquet",
        file=extracted.columns.file,
        rejects=extracted.columns.rejects,
        typed=extracted.columns.typed,
    )


def shown(warehouse: DuckDBWarehouse, columns: str = "record") -> list[Any]:
    """What is current of each record, by its key."""
    found = warehouse._db.execute(  # the seam shows no rows, and need not
        f"select {columns} from raw.shop__sale__records order by record_key"
    ).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def counts(landed: Landed) -> tuple[int, int, int, int]:
    return landed.new, landed.changed, landed.unchanged, landed.rejected


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
    assert landed.bookmark == datetime(2026, 11, 1, 10, tzinfo=UTC)


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


ODD = {
    "id": ['"1e3"', "1e3", '"12345678901234567.5"', "true", '" 1 "', "1.0"],
    "at": ['"2026-11-01T10:00:00+02:00"', '"2026/11/01"', '"290000-01-01"', '" "'],
    "total": ["1.005", "12345678901234.565", "true", '"n/a"'],
    "till": ["2.5", "true", "1e400"],
    "void": ["2", '"yes"'],
    "note": ["1.50", '{"a": 1}'],
    "buyer": ['"b"', '""', "null", "[1.50]"],
}


@pytest.mark.parametrize("zone", ["utc", "offset", "tenant"])
@pytest.mark.parametrize(("field", "value"), [(name, odd) for name in ODD for odd in ODD[name]])
def test_an_odd_value_is_the_same_however_it_is_read(
    tmp_path: Path, field: str, value: str, zone: Literal["utc", "offset", "tenant"]
) -> None:
    texts = {name: json.dumps(given) for name, given in sale(1).items()} | {field: value}
    odd = "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"
    stream = SALE.model_copy(update={"changed": Change(take="at", zone=zone)})
    columns = batch_of(tmp_path, odd, sale(2), stream=stream).typed
    assert columns is not None
    as_text = batch_of(tmp_path, odd, sale(2), stream=stream, as_columns=False)
    in_one_pass = None

    with engine() as db:
        found = "select record_key, changed_at, content_hash, record from"
        with suppress(duckdb.Error):  # then the value is read by itself, as below
            in_one_pass = db.execute(f"{found} ({columns.strict})").fetchall()
        one_by_one = db.execute(f"{found} ({columns.exact}) where reason is null").fetchall()
        rejected = db.execute(f"select reason, payload from ({columns.exact}) where reason <> ''")
        assert rejected.fetchall() == read(db, as_text.rejects, "reason, payload")
        text = read(db, as_text.file, "record_key, changed_at")

    assert in_one_pass in (None, one_by_one)
    assert [row[:2] for row in one_by_one] == text


def read(db: duckdb.DuckDBPyConnection, file: Path, columns: str) -> list[Any]:
    rows: list[Any] = db.execute(f"select {columns} from read_parquet(?)", [str(file)]).fetchall()
    return rows


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
    assert landed.bookmark == datetime(2026, 11, 1, 10, tzinfo=UTC)


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
