"""A tenant's warehouse in Snowflake: schemas of its own in the platform's database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.connectors.bookmarks import Bookmark, with_notes
from flows.lake.lake import Lake
from flows.portal import Tenant, TenantPlace
from flows.warehouse import snowflake_sql as sql
from flows.warehouse.account import account_again, account_of, sweep_values
from flows.warehouse.deletes import Swept, needs_asking
from flows.warehouse.fingerprints import contents
from flows.warehouse.moments import naive, utc
from flows.warehouse.snowflake_account import SnowflakeAccount, connect
from flows.warehouse.snowflake_bookmarks import BOOKMARKS, bookmarks, write_bookmark
from flows.warehouse.snowflake_builds import SnowflakeBuildLog
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_deletes import LEDGER as LEDGER_OF_DELETES
from flows.warehouse.snowflake_deletes import Deletes
from flows.warehouse.snowflake_export import export_view
from flows.warehouse.snowflake_memo import Memo
from flows.warehouse.snowflake_moves import SnowflakeMoves, check_owner
from flows.warehouse.snowflake_turn import LockTurn
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import (
    Batch,
    Columns,
    Fenced,
    Known,
    Landed,
    LedgerLine,
    StreamState,
    WarehouseUnavailable,
)

Door = Callable[[], SnowflakeConnection]
# Connections that begin at once may each find no row to delete and write one: the last sees both.
SETTINGS_TRIES = 3


class SnowflakeWarehouses:
    """
    :param tag: for whom the statements run, asked again at each step
    :param lake: keeps what a warehouse said last, so that it need not be woken to say it again
    """

    def __init__(self, account: SnowflakeAccount, *, tag: Callable[[], Tag], lake: Lake) -> None:
        self.account, self._tag, self._lake = account, tag, lake
        self._sessions: dict[tuple[str, str], SnowflakeConnection] = {}
        self._turn = threading.Lock()

    @contextmanager
    def open(self, tenant: TenantPlace) -> Iterator[SnowflakeWarehouse]:
        """Nobody logs in before there is something to ask."""
        account = self.account

        def loader() -> SnowflakeConnection:
            return self._session(tenant, account.loader_role, account.loading_warehouse)

        def reader() -> SnowflakeConnection:
            return self._session(tenant, account.api_role, account.analytics_warehouse)

        with self._turn:
            yield SnowflakeWarehouse(
                tenant=tenant,
                loader=loader,
                reader=reader,
                analytics=f"{account.database}.{sql.prefix(tenant.slug)}ANALYTICS",
                memo=Memo(self._lake, tenant=tenant, connection=self._tag().connection),
            )

    def turn(self, tenant: TenantPlace) -> LockTurn:
        def own_session() -> SnowflakeConnection:
            return self._connect(tenant, self.account.loader_role, self.account.loading_warehouse)

        return LockTurn(tenant.code, own_session)

    def dbt_environment(self, tenant: TenantPlace) -> dict[str, str]:
        account = self.account
        return {
            "MERCURIOS_DBT_TARGET": "snowflake",
            "MERCURIOS_SCHEMA_PREFIX": sql.prefix(tenant.slug),
            "MERCURIOS_SNOWFLAKE_ACCOUNT": account.account,
            "MERCURIOS_SNOWFLAKE_USER": account.login.user,
            "MERCURIOS_SNOWFLAKE_ROLE": account.transformer_role,
            "MERCURIOS_SNOWFLAKE_DATABASE": account.database,
            "MERCURIOS_SNOWFLAKE_WAREHOUSE": account.analytics_warehouse,
            "MERCURIOS_SNOWFLAKE_HOST": account.address,
            "MERCURIOS_SNOWFLAKE_PORT": str(account.port),
            "MERCURIOS_SNOWFLAKE_PROTOCOL": account.protocol,
            "MERCURIOS_QUERY_TAG": self._tag().text,
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": account.login.key_text,
            "DBT_ENV_SECRET_SNOWFLAKE_PASSWORD": account.login.password_text,
            # It would ask the metadata services of three clouds where it runs.
            "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
        }

    def close(self) -> None:
        while self._sessions:
            self._sessions.popitem()[1].close()

    def _session(self, tenant: TenantPlace, role: str, warehouse: str) -> SnowflakeConnection:
        kept = self._sessions.get((tenant.code, role))
        if kept is None or not kept.is_usable:
            kept = self._sessions[tenant.code, role] = self._connect(tenant, role, warehouse)
        kept.tag(self._tag().text)
        return kept

    def _connect(self, tenant: TenantPlace, role: str, warehouse: str) -> SnowflakeConnection:
        return connect(
            self.account,
            role=role,
            warehouse=warehouse,
            tag=self._tag(),
            schema=f"{sql.prefix(tenant.slug)}RAW",
        )


class SnowflakeWarehouse(SnowflakeBuildLog, SnowflakeMoves):
    """Opened by `SnowflakeWarehouses`: `loader` and `reader` log in when they are first called."""

    def __init__(
        self, *, tenant: TenantPlace, loader: Door, reader: Door, analytics: str, memo: Memo
    ) -> None:
        self._tenant, self._loader, self._reader = tenant, loader, reader
        self._analytics, self._memo = analytics, memo

    def prepare(self, *, tenant: Tenant, tables: list[str], at: datetime) -> None:
        settings = [tenant.code, tenant.name, tenant.time_zone, tenant.currency, tenant.country]
        if self._memo.is_prepared(tables, settings):
            return
        self._memo.forget_prepared()
        loader = self._loader()
        for statement in (*sql.LEDGER, *LEDGER_OF_DELETES):
            loader.run(statement)
        for table in tables:
            for statement in sql.raw_table(table):
                loader.run(statement)
        held = loader.rows(sql.SETTINGS)
        check_owner(held, tenant)
        said = dict(
            zip(("tenant_id", "name", "time_zone", "currency", "country"), settings, strict=True)
        )
        for _ in range(SETTINGS_TRIES):
            if held == [tuple(settings)]:
                break
            with loader.transaction():
                loader.run("delete from tenants")
                loader.run(sql.NEW_SETTINGS, said | {"updated_at": _text(at)})
            held = loader.rows(sql.SETTINGS)
        self._memo.note_prepared(tables, settings)

    def begin(self, *, connection_id: str, fence: int) -> Known:
        """The fence is raised when there is something to land: it would wake the warehouse."""
        return self.known(connection_id=connection_id)

    def known(self, *, connection_id: str) -> Known:
        """Without contents: of those there is a memo here, so that it need not be asked at all."""
        known = self._memo.bookmarks(connection_id)
        return Known(self._bookmarks(connection_id) if known is None else known)

    def note_unchanged(self, batches: Sequence[tuple[Batch, Landed]], *, at: datetime) -> None:
        for batch, _ in batches:
            self.land(batch, at=at)

    def _bookmarks(self, connection_id: str) -> dict[str, Bookmark]:
        return bookmarks(self._loader().rows(BOOKMARKS, {"connection_id": connection_id}))

    def land(self, batch: Batch, *, at: datetime) -> Landed:
        held = _held_by(batch)
        if not needs_asking(batch.sweep, records=batch.records) and self._memo.holds(batch, held):
            bookmark = self.known(connection_id=batch.connection_id).bookmark(batch.stream)
            if bookmark.followed_by(batch.noted) == bookmark:
                # The warehouse may sleep on: it would find each record unchanged.
                self._memo.note_read(batch)
                swept = Swept(batch.records, 0, 0, 0) if batch.sweep else None
                same = batch.records
                return Landed(same, unchanged=same, bookmark=bookmark, swept=swept)
        loader = self._loader()
        for statement in sql.WORKING_TABLES:
            loader.run(statement)
        loader.run(sql.put(str(batch.file), batch.batch_id))
        loader.run(sql.put(str(batch.rejects), batch.batch_id))
        Deletes(loader, batch).prepare()
        self._memo.forget(batch)
        landed = self._land_surely(batch, at=at)
        with suppress(WarehouseUnavailable):  # it has landed; without a memo the next run asks
            is_done = landed.swept is None or landed.swept.is_done
            self._memo.remember(batch, self._known(batch), held=held if is_done else "")
        with suppress(Exception):  # it has landed; a file that stays in the stage does no harm
            loader.run(sql.remove(batch.batch_id))
        return landed

    def _land_surely(self, batch: Batch, *, at: datetime) -> Landed:
        """Where the answer to a commit is lost, the ledger says whether it happened."""
        try:
            with self._loader().transaction():
                return self._land(batch, at=at)
        except WarehouseUnavailable:
            if (earlier := self._landed_before(batch)) is None:
                raise
            return earlier

    def _land(self, batch: Batch, *, at: datetime) -> Landed:
        loader = self._loader()
        loader.run(sql.FENCE, {"connection_id": batch.connection_id, "fence": batch.fence})
        if (earlier := self._landed_before(batch)) is not None:
            return earlier
        self.check_fence(connection_id=batch.connection_id, fence=batch.fence)
        at = self._after_the_last(at)
        values = _values(batch, at=at)
        loader.run(sql.copy_records(batch.batch_id, batch.file.name))
        loader.run(sql.copy_rejects(batch.batch_id, batch.rejects.name))
        loader.run(sql.classify(batch.table), values)
        deletes = Deletes(loader, batch)
        counts = loader.rows(sql.COUNTS)[0]
        swept = deletes.find(values, rejected=counts[-1])
        landed = self._account(batch, counts, swept)
        if landed.brought_something:
            batch.store()
        for statement in sql.merge(batch.table):
            loader.run(statement, values)
        deletes.mark(swept, values)
        loader.run(sql.REJECTS, values)
        self._write_ledger(batch, landed, values)
        return landed

    def landed_through(self) -> datetime | None:
        if (known := self._memo.landed_through()) is not None:
            return known
        found = self._loader().rows(sql.LANDED_THROUGH)
        return utc(found[0][0])

    def landed_after(self, moment: datetime) -> list[str]:
        known = self._memo.landed_through()
        if known is not None and known <= moment:
            return []
        found = self._loader().rows(sql.LANDED_AFTER, {"moment": _text(moment)})
        return [table for (table,) in found]

    def check_fence(self, *, connection_id: str, fence: int) -> None:
        held = self._loader().rows(
            "select fence from fences where connection_id = %(connection_id)s",
            {"connection_id": connection_id},
        )
        if held and held[0][0] > fence:
            raise Fenced("A later run of this connection has begun. This one stops here.")

    def ledger(self) -> list[LedgerLine]:
        return [
            LedgerLine(connection, table, landed_at=_utc(landed_at), file=file)
            for connection, table, landed_at, file in self._loader().rows(sql.LEDGER_LINES)
        ]

    def streams(self) -> list[StreamState]:
        return [
            StreamState(
                connection=connection,
                stream=stream,
                read_at=self._memo.read_at(connection, stream, ledger=_utc(read_at)),
                records=int(records),
                bookmark=with_notes(Bookmark(moment=utc(moment)), notes),
            )
            for connection, stream, read_at, records, moment, notes in self._loader().rows(
                sql.STREAMS
            )
        ]

    def export(self, *, views: Mapping[str, Columns], folder: Path) -> dict[str, int]:
        return {
            view: export_view(
                self._reader(),
                view=f"{self._analytics}.{sql.name(view)}",
                columns=columns,
                file=folder / f"{view}.parquet",
            )
            for view, columns in views.items()
        }

    def _known(self, batch: Batch) -> dict[str, Any]:
        """What the next run would otherwise have to wake the warehouse for."""
        last = self._loader().rows(sql.LANDED_THROUGH)
        return {
            "bookmarks": self._bookmarks(batch.connection_id),
            "landed_through": last[0][0],
        }

    def _landed_before(self, batch: Batch) -> Landed | None:
        return account_again(self._loader().rows(sql.ACCOUNT, {"batch_id": batch.batch_id}))

    def _after_the_last(self, at: datetime) -> datetime:
        """What is built next is found by the time of landing, so it never goes back."""
        last = self._loader().rows("select max(landed_at) from batches")[0][0]
        return at if last is None else max(at, _utc(last) + timedelta(microseconds=1))

    def _account(self, batch: Batch, counted: tuple[Any, ...], swept: Swept | None) -> Landed:
        new, changed, unchanged, newest, rejected = counted
        before = self._bookmarks(batch.connection_id).get(batch.stream, Bookmark())
        counts = (new, changed, unchanged, rejected)
        return account_of(batch, counts, newest=newest, before=before, swept=swept)

    def _write_ledger(self, batch: Batch, landed: Landed, values: dict[str, Any]) -> None:
        loader = self._loader()
        write_bookmark(loader, landed.bookmark, batch.noted, values)
        loader.run(
            sql.BATCH,
            values
            | {
                "extracted": landed.extracted,
                "new": landed.new,
                "changed": landed.changed,
                "unchanged": landed.unchanged,
                "rejected": landed.rejected,
                "bytes": batch.bytes_read,
                "file": batch.lake_key if landed.brought_something else None,
                "bookmark_text": landed.bookmark.text or None,
                **sweep_values(landed.swept),
            },
        )


def _held_by(batch: Batch) -> str:
    """What says that the same batch once more brings nothing. If it was swept, so is this one."""
    held = contents(batch)
    is_swept = batch.sweep is not None and batch.sweep.file is None
    return f"{held}, swept" if held and is_swept else held


def _values(batch: Batch, *, at: datetime) -> dict[str, Any]:
    return {
        "tenant_id": batch.tenant_id,
        "connection_id": batch.connection_id,
        "connector": batch.connector,
        "stream": batch.stream,
        "run_id": batch.run_id,
        "batch_id": batch.batch_id,
        "extracted_at": _text(batch.extracted_at),
        "landed_at": _text(at),
    }


def _text(moment: datetime) -> str:
    """As Snowflake reads it, to the microsecond, in UTC."""
    return naive(moment).isoformat(sep=" ", timespec="microseconds")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
