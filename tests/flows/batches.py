"""Batches from Python values, and a warehouse to land them in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from flows.portal import Tenant
from flows.warehouse.duckdb import DuckDBWarehouse, DuckDBWarehouses
from flows.warehouse.warehouse import Batch

TENANT = Tenant(
    code="a11ce000-0000-4000-8000-000000000001",
    slug="alice-mode",
    name="Alice Mode",
    time_zone="Europe/Berlin",
    currency="EUR",
    country="DE",
    engine="DUCKDB",
)
TILLS = "0c000000-0000-4000-8000-000000000001"
OUTLET = "0c000000-0000-4000-8000-000000000002"
COLUMNS = "record_key varchar, changed_at timestamp, content_hash varchar, payload varchar"
REJECT_COLUMNS = "reason varchar, payload varchar"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A record as the source showed it; `changed_at` is UTC."""

    key: str
    content: str
    changed_at: datetime | None = None

    @property
    def payload(self) -> str:
        return f'{{"id":"{self.key}","is":"{self.content}"}}'

    @property
    def content_hash(self) -> str:
        return hashlib.md5(self.payload.encode(), usedforsecurity=False).hexdigest()


def batch_of(
    *rows: Row,
    folder: Path,
    rejected: Sequence[tuple[str, str]] = (),
    extracted_at: datetime = NOON,
    connection: str = TILLS,
    fence: int = 1,
    stream: str = "sale",
    records: int | None = None,
) -> Batch:
    """A batch whose files are in `folder`. `rejected` are pairs of reason and payload."""
    batch_id = uuid4().hex
    file, rejects = folder / f"{batch_id}.parquet", folder / f"{batch_id}.rejects.parquet"
    written = [(row.key, _naive(row.changed_at), row.content_hash, row.payload) for row in rows]
    with duckdb.connect(config={"threads": 1}) as db:
        _write(db, COLUMNS, written, file)
        _write(db, REJECT_COLUMNS, rejected, rejects)
    return Batch(
        batch_id=batch_id,
        tenant_id=TENANT.code,
        connection_id=connection,
        connector="shop",
        stream=stream,
        run_id="run",
        fence=fence,
        extracted_at=extracted_at,
        records=len(rows) + len(rejected) if records is None else records,
        bytes_read=1,
        lake_key=f"{TENANT.code}/raw/shop/{stream}/{batch_id}.parquet",
        file=file,
        rejects=rejects,
    )


def _write(
    db: duckdb.DuckDBPyConnection, columns: str, rows: Sequence[tuple[Any, ...]], file: Path
) -> None:
    db.execute(f"create or replace table written ({columns})")
    if rows:
        places = ", ".join("?" * len(rows[0]))
        db.executemany(f"insert into written values ({places})", rows)
    db.execute("copy written to $file (format parquet)", {"file": str(file)})


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def warehouse_in(folder: Path, *tables: str) -> Iterator[DuckDBWarehouse]:
    """The tenant's warehouse with its raw tables; `shop__sale` if none is named."""
    with DuckDBWarehouses(folder).open(TENANT) as warehouse:
        warehouse.prepare(tenant=TENANT, tables=list(tables) or ["shop__sale"], at=NOON)
        yield warehouse


def file_of(folder: Path) -> Path:
    return folder / TENANT.code / "warehouse.duckdb"


def query(file: Path, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as db:
        rows: list[tuple[Any, ...]] = db.execute(statement).fetchall()
    return rows
