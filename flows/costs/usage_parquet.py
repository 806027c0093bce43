"""What Snowflake sends of a view, as Parquet with the types of `views.py`, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.costs.views import View
from flows.warehouse import duckdb_sql
from flows.warehouse.duckdb_sql import name


def stage(pieces: Iterator[pa.Table], *, columns: Mapping[str, str], file: Path) -> None:
    """Write the pieces as they come; what has no rows is a file without rows.

    Snowflake has one type of number, and sends each piece in the narrowest that holds its values.
    """
    schema = pa.schema([(column, _arrow(kind)) for column, kind in columns.items()])
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in pieces:
            for batch in piece.to_batches():
                writer.write_batch(_typed(batch, schema))


def written_days(rows: Path, *, view: View, span: list[date], file: Path) -> Iterator[date]:
    """Write one day after the other to the same file; each is there until the next is asked for.

    Each row is there once, and in one order: equal rows are an equal file.
    """
    column = name(view.day) if view.day else "cast($day as date)"
    which = f"where {column} >= $day and {column} < $day + interval 1 day"
    once, order = "", "all"
    if view.key:
        order = name(view.key)
        once = f"qualify row_number() over (partition by {order} order by end_time desc) = 1"
    typed = ", ".join(
        f"cast({name(column)} as {kind}) as {name(column)}" for column, kind in view.columns.items()
    )
    query = f"select {typed} from read_parquet($rows) {which} {once} order by {order}"
    spilled = {"temp_directory": str(file.parent / "spilled")}
    with duckdb.connect(config=duckdb_sql.SETTINGS | spilled) as db:
        for day in span:
            db.execute(
                f"copy ({query}) to $file (format parquet, compression zstd)",
                {"rows": str(rows), "file": str(file), "day": day},
            )
            yield day


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    cast = [
        # Of nanoseconds there are none.
        column.cast(wanted.type, safe=not pa.types.is_timestamp(wanted.type))
        for column, wanted in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(cast, schema=schema)


def _arrow(kind: str) -> pa.DataType:
    """The type of Arrow that DuckDB reads as this one."""
    plain = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "double": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }
    if kind in plain:
        return plain[kind]
    digits, places = kind.removeprefix("decimal(").removesuffix(")").split(",")
    return pa.decimal128(int(digits), int(places))
