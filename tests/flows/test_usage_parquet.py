"""What Snowflake sends of a view becomes Parquet with the types of the view."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from flows.costs.usage_parquet import stage, written_days
from flows.costs.views import View

COLUMNS = MappingProxyType(
    {
        "query_id": "varchar",
        "bytes": "bigint",
        "credits": "decimal(38,9)",
        "start_time": "timestamp",
        "end_time": "timestamp",
    }
)
VIEW = View(source="X", columns=COLUMNS, day="start_time", key="query_id")
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def piece(*rows: tuple[Any, ...], whole: pa.DataType, credits: pa.DataType) -> pa.Table:
    """As the connector makes it: named in upper case, and as narrow as its values allow."""
    columns = list(zip(*rows, strict=True))
    moment = pa.timestamp("ns")
    return pa.table(
        {
            "QUERY_ID": pa.array(columns[0], pa.string()),
            "BYTES": pa.array(columns[1], whole),
            "CREDITS": pa.array(columns[2], credits),
            "CONVERT_TIMEZONE('UTC', START_TIME)": pa.array(columns[3], moment),
            "END_TIME": pa.array(columns[4], moment),
        }
    )


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC).replace(tzinfo=None)


def read(file: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return list(db.execute(f"from read_parquet('{file}')").fetchall())


def days_of(pieces: list[pa.Table], folder: Path) -> dict[date, list[tuple[Any, ...]]]:
    rows, file = folder / "rows.parquet", folder / "day.parquet"
    stage(iter(pieces), columns=COLUMNS, file=rows)
    span = [FIRST, SECOND]
    return {day: read(file) for day in written_days(rows, view=VIEW, span=span, file=file)}


def test_pieces_may_differ_in_their_types(tmp_path: Path) -> None:
    narrow = piece(
        ("a", 1, Decimal(2), at(1, 0), at(1, 1)), whole=pa.int8(), credits=pa.decimal128(3, 0)
    )
    wide = piece(
        ("b", 2**40, Decimal("0.000000001"), at(1, 23), at(2, 1)),
        whole=pa.int64(),
        credits=pa.decimal128(38, 9),
    )
    empty = piece(("c", None, None, at(2, 0), None), whole=pa.null(), credits=pa.null())

    found = days_of([narrow, wide, empty], tmp_path)

    assert found == {
        FIRST: [
            ("a", 1, Decimal("2.000000000"), at(1, 0), at(1, 1)),
            ("b", 2**40, Decimal("0.000000001"), at(1, 23), at(2, 1)),
        ],
        SECOND: [("c", None, None, at(2, 0), None)],
    }


def test_of_two_rows_with_one_key_the_later_stays(tmp_path: Path) -> None:
    rows = [("a", size, Decimal(1), at(1, 0), at(1, size)) for size in (2, 9, 5)]
    sent = piece(*rows, whole=pa.int64(), credits=pa.decimal128(38, 9))

    found = days_of([sent], tmp_path)

    assert [row[1] for row in found[FIRST]] == [9]
    assert found[SECOND] == []


def test_no_piece_at_all_is_a_file_without_rows(tmp_path: Path) -> None:
    assert days_of([], tmp_path) == {FIRST: [], SECOND: []}
