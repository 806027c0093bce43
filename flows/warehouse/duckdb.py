"""A tenant's warehouse as a DuckDB file: one writer each, isolation and offboarding for free."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from flows.connectors.bookmarks import Bookmark, with_notes
from flows.portal import Tenant, TenantPlace
from flows.warehouse import duckdb_columns as columns
from flows.warehouse import duckdb_sql as sql
from flows.warehouse.account import account_of
from flows.warehouse.duckdb_arrivals import (
    IN_ORDER,
    Arrival,
    AsColumns,
    First,
    FromFile,
    Nothing,
    NotStraight,
    Straight,
)
from flows.warehouse.duckdb_builds import BuildLog
from flows.warehouse.duckdb_deletes import Deletes
from flows.warehouse.duckdb_file import WAIT_SECONDS, engine_for, opened
from flows.warehouse.duckdb_ledger import STATEMENTS, Ledger, is_there
from flows.warehouse.duckdb_moves import DuckDBMoves
from flows.warehouse.duckdb_turn import FileTurn
from flows.warehouse.moments import naive, utc
from flows.warehouse.warehouse import (
    Batch,
    Columns,
    Fenced,
    Known,
    Landed,
    LedgerLine,
    StreamState,
)


class DuckDBWarehouses:
    """
    :param wait_seconds: for another process to let go of a tenant's file
    """

    def __init__(self, folder: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._folder = folder
        self._wait_seconds = wait_seconds
        self._engines: dict[Path, duckdb.DuckDBPyConnection] = {}
        self._turn = threading.Lock()

    @contextmanager
    def open(self, tenant: TenantPlace) -> Iterator[DuckDBWarehouse]:
        file = self._file(tenant)
        with self._turn:
            if file not in self._engines:
                self._engines[file] = engine_for(file)
            engine = self._engines[file]
            with opened(engine, file, wait_seconds=self._wait_seconds) as connection:
                yield DuckDBWarehouse(connection)

    def turn(self, tenant: TenantPlace) -> FileTurn:
        return FileTurn(self._file(tenant).with_name("turn.lock"), wait_seconds=self._wait_seconds)

    def dbt_environment(self, tenant: TenantPlace) -> dict[str, str]:
        return {"MERCURIOS_WAREHOUSE_FILE": str(self._file(tenant))}

    def close(self) -> None:
        """No file is kept open from one opening to the next; only engines are."""
        while self._engines:
            self._engines.popitem()[1].close()

    def _file(self, tenant: TenantPlace) -> Path:
        # The name is the same for all tenants: dbt's manifest carries the database's name.
        return self._folder / str(UUID(tenant.code)) / "warehouse.duckdb"


class DuckDBWarehouse(BuildLog, DuckDBMoves):
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._ledger = Ledger(connection)

    def prepare(self, *, tenant: Tenant, tables: list[str], at: datetime) -> None:
        is_made = is_there(self._db, tables)
        with self._transaction():
            if not is_made:
                for statement in STATEMENTS:
                    self._db.execute(statement)
                for table in tables:
                    for statement in sql.raw_table(table):
                        self._db.execute(statement)
            settings = [tenant.code, tenant.name, tenant.time_zone, tenant.currency, tenant.country]
            known = self._rows("select * exclude (updated_at) from raw.tenants")
            if known != [tuple(settings)]:
                self._db.execute("delete from raw.tenants")
                self._db.execute(
                    "insert into raw.tenants values (?, ?, ?, ?, ?, ?)", [*settings, naive(at)]
                )

    def begin(self, *, connection_id: str, fence: int) -> Known:
        with self._transaction():
            return self._ledger.begin_run(connection_id=connection_id, fence=fence)

    def known(self, *, connection_id: str) -> Known:
        return self._ledger.known(connection_id)

    def land(self, batch: Batch, *, at: datetime) -> Landed:
        if not batch.records:
            return self._land(batch, Nothing(), at=at)
        first, any_ = self._ways(batch)
        if first is not None:
            with suppress(NotStraight):
                return self._land(batch, first, at=at)
            self._db.execute(IN_ORDER)
        return self._land(batch, any_, at=at)

    def _ways(self, batch: Batch) -> tuple[Arrival | None, Arrival]:
        """What may do for the first batch of a connection, and what does for any."""
        if (typed := batch.typed) is None:
            first = None if self._holds_text(batch) else First(self._db, batch)
            return first, FromFile(self._db, batch)
        is_held = columns.holds(self._db, batch.table, connection_id=batch.connection_id)
        first_columns = None if is_held else Straight(self._db, batch, typed)
        return first_columns, AsColumns(self._db, batch, typed)

    def _holds_text(self, batch: Batch) -> bool:
        current = sql.name(batch.table + "__current")
        statement = f"select 1 from raw.{current} where connection_id = ? limit 1"
        return bool(self._rows(statement, [batch.connection_id]))

    def _land(self, batch: Batch, arrival: Arrival, *, at: datetime) -> Landed:
        arrival.read()
        with self._transaction():
            if (earlier := self._ledger.landed_before(batch)) is not None:
                return earlier
            at, before = self._ledger.begin(batch, at=at)
            found = arrival.sort_out(at=at)
            deletes = Deletes(self._db, batch)
            swept = deletes.find(seen=arrival.seen, rejected=found.counts[3])
            landed = account_of(
                batch, found.counts, newest=found.newest, before=before, swept=swept
            )
            if landed.brought_something:
                batch.store()
            arrival.keep(at=at)
            deletes.mark(swept, at=at)
            self._ledger.write(batch, landed, before=before, at=at)
        return landed

    def note_unchanged(self, batches: Sequence[tuple[Batch, Landed]], *, at: datetime) -> None:
        with self._transaction():
            self._ledger.write_unchanged(batches, at=at)

    def landed_through(self) -> datetime | None:
        found = self._rows(f"select max(landed_at) from raw.batches where {sql.BROUGHT_SOMETHING}")
        return utc(found[0][0])

    def landed_after(self, moment: datetime) -> list[str]:
        found = self._rows(
            "select distinct connector || '__' || stream as raw_table from raw.batches"
            f" where {sql.BROUGHT_SOMETHING} and landed_at > ? order by raw_table",
            [naive(moment)],
        )
        return [table for (table,) in found]

    def check_fence(self, *, connection_id: str, fence: int) -> None:
        held = self._rows("select fence from raw.fences where connection_id = ?", [connection_id])
        if held and held[0][0] > fence:
            raise Fenced("A later run of this connection has begun. This one stops here.")

    def ledger(self) -> list[LedgerLine]:
        if not self._rows(sql.HAS_LEDGER):
            return []
        return [
            LedgerLine(connection, table, landed_at=landed_at.replace(tzinfo=UTC), file=file)
            for connection, table, landed_at, file in self._rows(sql.LEDGER_LINES)
        ]

    def streams(self) -> list[StreamState]:
        return [
            StreamState(
                connection=connection,
                stream=stream,
                read_at=read_at.replace(tzinfo=UTC),
                records=records,
                bookmark=with_notes(Bookmark(moment=utc(moment)), notes),
            )
            for connection, stream, read_at, records, moment, notes in self._rows(sql.STREAMS)
        ]

    def export(self, *, views: Mapping[str, Columns], folder: Path) -> dict[str, int]:
        rows = {}
        with self._transaction():
            for view in views:
                # Ordered, so that equal views are equal files.
                statement = (
                    f"copy (select * from analytics.{sql.name(view)} order by all)"
                    " to $target (format parquet, compression zstd)"
                )
                rows[view] = self._rows(statement, {"target": str(folder / f"{view}.parquet")})[0][
                    0
                ]
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.begin()
        try:
            yield
        except BaseException:  # whatever it was, half of it must not stay
            self._db.rollback()
            raise
        self._db.commit()

    def _rows(self, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._db.execute(statement, values).fetchall()
        return rows
