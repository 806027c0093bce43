"""How two files are known to hold the same rows, whichever engine wrote them and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.warehouse.duckdb_sql import SETTINGS
from flows.warehouse.warehouse import Batch


@dataclass(frozen=True)
class Fingerprint:
    """`checksum` is a sum over the hashes of all rows, which no order of them changes."""

    rows: int
    checksum: str
    columns: str


def fingerprint(file: Path) -> Fingerprint:
    """The fingerprint of a Parquet file."""
    with duckdb.connect(config=SETTINGS) as db:
        db.execute("set TimeZone = 'UTC'")
        described = db.execute(
            "select column_name, column_type from (describe from read_parquet(?))", [str(file)]
        ).fetchall()
        # A null is a text of its own, and columns are divided by what no till sends.
        values = ", ".join(f'coalesce(cast("{name}" as varchar), chr(30))' for name, _ in described)
        rows, checksum = db.execute(
            "select count(*), coalesce(sum(md5_number_lower(concat_ws(chr(31),"
            f" {values}))::hugeint), 0) from read_parquet(?)",
            [str(file)],
        ).fetchall()[0]
    return Fingerprint(
        rows=rows,
        checksum=f"{checksum:x}",
        columns=", ".join(f"{name} {kind}" for name, kind in described),
    )


def contents(batch: Batch) -> str:
    """What a batch holds, whatever the order; empty where that does not decide what it would bring.

    Two batches of a stream with the same contents, one after the other, bring nothing the second
    time: each record is as it was.
    """
    with duckdb.connect(config=SETTINGS) as db:
        rows, keys, checksum = db.execute(
            "select count(*), count(distinct record_key),"
            " sum(md5_number_lower(concat_ws(chr(31), record_key, content_hash))::hugeint)"
            " from read_parquet(?)",
            [str(batch.file)],
        ).fetchall()[0]
    # A record that changed while it was paged is there twice, and the order counts.
    return f"{rows}:{checksum or 0:x}" if rows == keys == batch.records else ""
