"""A tenant's warehouse in Snowflake: schemas of its own in the platform's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.lake.lake import Lake
from flows.portal import Tenant, TenantPlace
from flows.warehouse import snowflake_sql as sql
from flows.warehouse.account import account_again, account_of
from flows.warehouse.fingerprints import contents
from flows.warehouse.moments import naive, utc
from flows.warehouse.snowflake_account import SnowflakeAccount, connect
from flows.warehouse.snowflake_builds import SnowflakeBuildLog
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_export import export_view
from flows.warehouse.snowflake_memo import Memo
from flows.warehouse.snowflake_moves import SnowflakeMoves, check_owner
from flows.warehouse.snowflake_turn import LockTurn
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import (
    Batch,
    Columns,
    Fenced,
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

    @contextmanager
    def open(self, tenant: TenantPlace) -> Iterator[SnowflakeWarehouse]:
        """Nobody logs in before there is something to ask."""
        account = self.account

        def loader() -> SnowflakeConnection:
            return self._session(tenant, account.loader_role, account.loading_warehouse)

        def reader() -> SnowflakeConnection:
            return self._session(tenant, account.api_role, account.analytics_warehouse)

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
        for statement in sql.LEDGER:
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

    def bookmark(self, *, connection_id: str, stream: str) -> datetime | None:
        return self._bookmarks(connection_id).get(stream)

    def _bookmarks(self, connection_id: str) -> dict[str, datetime]:
        known = self._memo.bookmarks(connection_id)
        if known is None:
            rows = self._loader().rows(sql.BOOKMARKS, {"connection_id": connection_id})
            known = {stream: _utc(bookmark) for stream, bookmark in rows}
        return known

    def land(self, batch: Batch, *, at: datetime) -> Landed:
        held = contents(batch)
        if self._memo.holds(batch, held):
            # The warehouse may sleep on: it would find each record unchanged.
            self._memo.note_read(batch)
            bookmark = self.bookmark(connection_id=batch.connection_id, stream=batch.stream)
            return Landed(extracted=batch.records, unchanged=batch.records, bookmark=bookmark)
        loader = self._loader()
        for statement in sql.WORKING_TABLES:
            loader.run(statement)
        loader.run(sql.put(str(batch.file), batch.batch_id))
        loader.run(sql.put(str(batch.rejects), batch.batch_id))
        self._memo.forget(batch)
        landed = self._land_surely(batch, at=at)
        with suppress(WarehouseUnavailable):  # it has landed; without a memo the next run asks
            self._memo.remember(batch, self._known(batch), held=held)
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
        landed = self._account(batch)
        for statement in sql.merge(batch.table):
            loader.run(statement, values)
        loader.run(sql.REJECTS, values)
        self._write_ledger(batch, landed, values)
        return landed

    def landed_through(self) -> datetime | None:
        if (known := self._memo.landed_through()) is not None:
            return known
        found = self._loader().rows("select max(landed_at) from batches where new + changed > 0")
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
                bookmark=utc(bookmark),
            )
            for connection, stream, read_at, records, bookmark in self._loader().rows(sql.STREAMS)
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
        connection = {"connection_id": batch.connection_id}
        last = self._loader().rows("select max(landed_at) from batches where new + changed > 0")
        return {
            "bookmarks": dict(self._loader().rows(sql.BOOKMARKS, connection)),
            "landed_through": last[0][0],
        }

    def _landed_before(self, batch: Batch) -> Landed | None:
        return account_again(self._loader().rows(sql.ACCOUNT, {"batch_id": batch.batch_id}))

    def _after_the_last(self, at: datetime) -> datetime:
        """What is built next is found by the time of landing, so it never goes back."""
        last = self._loader().rows("select max(landed_at) from batches")[0][0]
        return at if last is None else max(at, _utc(last) + timedelta(microseconds=1))

    def _account(self, batch: Batch) -> Landed:
        new, changed, unchanged, newest, rejected = self._loader().rows(sql.COUNTS)[0]
        rows = self._loader().rows(sql.BOOKMARKS, {"connection_id": batch.connection_id})
        before = {stream: _utc(bookmark) for stream, bookmark in rows}.get(batch.stream)
        counts = (new, changed, unchanged, rejected)
        return account_of(batch, counts, newest=newest, before=before)

    def _write_ledger(self, batch: Batch, landed: Landed, values: dict[str, Any]) -> None:
        loader = self._loader()
        if landed.bookmark is not None:
            values = values | {"bookmark": _text(landed.bookmark)}
            loader.run(sql.FORGET_BOOKMARK, values)
            loader.run(sql.BOOKMARK, values)
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
                "bookmark_text": landed.bookmark.isoformat() if landed.bookmark else None,
            },
        )


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
