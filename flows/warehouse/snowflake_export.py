"""Rows of Snowflake as a Parquet file, with the types that a contract names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from flows.warehouse import duckdb_sql
from flows.warehouse.duckdb_sql import name
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.warehouse import Columns


def export_view(reader: SnowflakeConnection, *, view: str, columns: Columns, file: Path) -> int:
    """Write the rows of a view or table, ordered; how many they are.

    Snowflake knows one type of number: what it sends is cast back to what the contract says, so
    that a publication is the same whichever engine built it.
    """
    chosen = ", ".join(name(column).strip('"') for column in columns)
    # Ordered, so that equal views are equal files.
    order = ", ".join(f"{place} nulls last" for place in range(1, len(columns) + 1))
    pieces = reader.tables(f"select {chosen} from {view} order by {order}")
    first, broken = next(pieces, None), list[Exception]()
    with duckdb.connect(config=duckdb_sql.SETTINGS) as db:
        db.execute("set TimeZone = 'UTC'")
        if first is None:
            return _write(db, _no_rows(columns), file)
        sent = _all(first, pieces, broken=broken)
        db.register("sent", pa.RecordBatchReader.from_batches(first.schema, sent))
        typed = ", ".join(
            f"cast({name(column)} as {kind}) as {name(column)}" for column, kind in columns.items()
        )
        try:
            return _write(db, f"select {typed} from sent", file)
        except duckdb.Error:
            if broken:  # what Snowflake said, which DuckDB only tells as text
                raise broken[0] from None
            raise


def _write(db: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    written = db.execute(
        f"copy ({query}) to $target (format parquet, compression zstd)", {"target": str(file)}
    ).fetchall()
    return int(written[0][0])


def _no_rows(columns: Columns) -> str:
    typed = ", ".join(f"cast(null as {kind}) as {name(column)}" for column, kind in columns.items())
    return f"select {typed} where false"


def _all(
    first: pa.Table, others: Iterator[pa.Table], *, broken: list[Exception]
) -> Iterator[pa.RecordBatch]:
    """A column without a value in one piece may have another type there.

    :param broken: gets what stopped it
    """
    yield from first.to_batches()
    try:
        for piece in others:
            yield from piece.cast(first.schema).to_batches()
    except Exception as error:
        broken.append(error)
        raise
