"""The ways in which a batch comes into raw: as text with what is known of it, or as columns.

Each first sorts out what is new, then keeps that, inside one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.moments import naive
from flows.warehouse.warehouse import Batch, Typed, WarehouseRefused

READ = """
    select rowid as position, record_key, changed_at, content_hash
    from read_typed
    where reason is null
"""


class NotStraight(Exception):
    """The batch cannot go straight into raw; nothing of it has."""


@dataclass(frozen=True)
class Sorted:
    """`counts` are new, changed, unchanged and rejected; `newest` the latest change (UTC)."""

    counts: tuple[int, int, int, int]
    newest: datetime | None


class Arrival(Protocol):
    def read(self) -> None:
        """What can be done before the transaction."""

    def sort_out(self, *, at: datetime) -> Sorted: ...

    def keep(self, *, at: datetime) -> None: ...


class Nothing:
    """A batch of a source that had nothing to say. It is accounted for, and that is all."""

    def read(self) -> None:
        """There is nothing to read."""

    def sort_out(self, *, at: datetime) -> Sorted:
        return Sorted((0, 0, 0, 0), None)

    def keep(self, *, at: datetime) -> None:
        """There is nothing to keep."""


class FromFile:
    """Text with what is known of it: the files of a batch have it all."""

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        self._db = db
        self._batch = batch

    def read(self) -> None:
        """It has been read."""

    def sort_out(self, *, at: datetime) -> Sorted:
        return self._sorted(sql.classify(self._batch.table), at=at)

    def keep(self, *, at: datetime) -> None:
        for statement in sql.merge(self._batch.table):
            self._run(statement, at=at)
        self._keep_rejects()

    def _sorted(self, classify: str, *, at: datetime) -> Sorted:
        self._run(classify, at=at)
        new, changed, unchanged, newest = self._rows(sql.COUNTS)[0]
        return Sorted((new, changed, unchanged, self._rejected()), newest)

    def _rejected(self) -> int:
        held = self._rows("select count(*) from read_parquet(?)", [str(self._batch.rejects)])
        return int(held[0][0])

    def _keep_rejects(self) -> None:
        self._db.execute(sql.REJECTS, [self._batch.batch_id, str(self._batch.rejects)])
        self._db.execute("drop table classified")

    def _run(self, statement: str, *, at: datetime) -> None:
        # DuckDB refuses values that a statement does not name.
        values = {
            name: value for name, value in self._values(at).items() if f"${name}" in statement
        }
        self._db.execute(statement, values)

    def _values(self, at: datetime) -> Mapping[str, Any]:
        batch = self._batch
        return {
            "tenant_id": batch.tenant_id,
            "connection_id": batch.connection_id,
            "batch_id": batch.batch_id,
            "extracted_at": naive(batch.extracted_at),
            "landed_at": naive(at),
            "file": str(batch.file),
        }

    def _rows(self, statement: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._db.execute(statement, values).fetchall()
        return rows


# A reader of columns takes what it is given, and is hardly slower with less.
READING = "set memory_limit = '160MB'"
SORTING = "set memory_limit = '220MB'"


class AsColumns(FromFile):
    """Columns by way of a table of their own: what is changed has to be told from what is not."""

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: Batch, typed: Typed) -> None:
        super().__init__(db, batch)
        self._typed = typed

    def read(self) -> None:
        self._db.execute(SORTING)
        self._db.execute("set preserve_insertion_order = true")
        make = "create or replace temp table read_typed as select"
        strict = f"{make} *, cast(null as varchar) as reason, null as payload from"
        if not self._typed.is_exact_needed:
            try:
                self._db.execute(f"{strict} ({self._typed.strict})")
            except duckdb.Error:
                # Whatever is odd about one of them, the other way of reading can tell.
                pass
            else:
                return
        chosen = "record_key, changed_at, content_hash, record, reason, payload"
        self._db.execute(f"{make} {chosen} from ({self._typed.exact})")

    def sort_out(self, *, at: datetime) -> Sorted:
        make_tables(self._db, self._batch.table, self._typed.columns)
        return self._sorted(sql.classify(self._batch.table, READ), at=at)

    def keep(self, *, at: datetime) -> None:
        self._run(merge(self._batch.table, self._typed.columns), at=at)
        for statement in sql.merge_current(self._batch.table):
            self._run(statement, at=at)
        self._run(REJECTS, at=at)
        self._keep_rejects()
        self._db.execute("drop table read_typed")

    def _rejected(self) -> int:
        held = self._rows("select count(*) from read_typed where reason is not null")
        return super()._rejected() + int(held[0][0])


class Straight(AsColumns):
    """Columns straight into their table, as long as it holds nothing of the connection."""

    def read(self) -> None:
        """It is read as it is kept.

        No record is twice in it, so their order says nothing, and any is faster than none.
        """
        self._db.execute(READING)
        self._db.execute("set preserve_insertion_order = false")

    def sort_out(self, *, at: datetime) -> Sorted:
        table = self._batch.table
        make_tables(self._db, table, self._typed.columns)
        current = sql.name(table + "__current")
        held = self._rows(
            f"select 1 from raw.{current} where connection_id = ? limit 1",
            [self._batch.connection_id],
        )
        if held or self._typed.is_exact_needed:
            raise NotStraight
        try:
            self._run(insert_all(table, self._typed), at=at)
        except duckdb.Error:
            raise NotStraight from None
        rows, keys, newest = self._rows(
            COUNT_ALL.format(table=_typed(table)), [self._batch.batch_id]
        )[0]
        # A record without a time of change has that of the reading, and may not move the bookmark.
        if rows != keys or newest == naive(self._batch.extracted_at):
            raise NotStraight
        return Sorted((rows, 0, 0, FromFile._rejected(self)), newest)

    def keep(self, *, at: datetime) -> None:
        table = self._batch.table
        self._run(
            f"""
            insert into raw.{sql.name(table + "__current")}
            select connection_id, record_key, content_hash, changed_at
            from raw.{_typed(table)} where batch_id = $batch_id
            """,
            at=at,
        )
        self._db.execute(sql.REJECTS, [self._batch.batch_id, str(self._batch.rejects)])
        self._db.execute("set preserve_insertion_order = true")


REJECTS = """
    insert into raw.rejects
    select $batch_id, reason, payload from read_typed where reason is not null
"""
COUNT_ALL = """
    select count(*), count(distinct hash(record_key)), max(changed_at)
    from raw.{table} where batch_id = ?
"""


def make_tables(db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    """The append-only table of a stream's columns, and the view of what is current of them.

    A field that the stream has since a short while is added, with nothing in what came before.

    :raises WarehouseRefused: if a field has become another kind: it would be cut to the old one
    """
    if _has_them_all(db, table, columns):
        return
    members = ", ".join(f"{_quoted(name)} {kind}" for name, kind in columns.items())
    for statement in sql.raw_table(table):
        db.execute(statement)
    db.execute(f"""
        create table if not exists raw.{_typed(table)} (
            tenant_id varchar not null, connection_id varchar not null, batch_id varchar not null,
            record_key varchar not null, changed_at timestamp not null,
            content_hash varchar not null, extracted_at timestamp not null,
            landed_at timestamp not null, record struct({members}) not null)""")
    held = _members_held(db, table)
    for name, kind in columns.items():
        if name not in held:
            db.execute(f"alter table raw.{_typed(table)} add column record.{_quoted(name)} {kind}")
    db.execute(f"""
        create or replace view raw.{sql.name(table + "__records")} as
        select typed.tenant_id, typed.connection_id, typed.record_key, typed.changed_at,
            typed.content_hash, typed.batch_id, typed.landed_at, typed.record
        from raw.{_typed(table)} as typed
        inner join raw.{sql.name(table + "__current")} as held
            on held.connection_id = typed.connection_id
            and held.record_key = typed.record_key
            and held.moment = typed.changed_at""")


def _has_them_all(db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> bool:
    held = _members_held(db, table)
    for name, kind in columns.items():
        if held.get(name, duckdb.type(kind)) != duckdb.type(kind):
            raise WarehouseRefused(
                f"The field {name} of {table} is held as {held[name]}, and its connector now says"
                f" {duckdb.type(kind)}. Give it the kind it had, or give the stream another name."
            )
    return held.keys() >= columns.keys()


def _members_held(
    db: duckdb.DuckDBPyConnection, table: str
) -> dict[str, duckdb.sqltypes.DuckDBPyType]:
    """The fields of a table's records with their types; none if there is no such table."""
    there = db.execute(
        "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = ?",
        [table + "__typed"],
    ).fetchone()
    if there is None:
        return {}
    return dict(db.table(f"raw.{_typed(table)}").select("record").types[0].children)


def insert_all(table: str, typed: Typed) -> str:
    return f"""
        insert into raw.{_typed(table)} by name
        select
            $tenant_id as tenant_id, $connection_id as connection_id, $batch_id as batch_id,
            record_key,
            least(coalesce(changed_at, $extracted_at), $extracted_at) as changed_at,
            content_hash, $extracted_at as extracted_at, $landed_at as landed_at, record
        from ({typed.strict})
    """


def merge(table: str, columns: Mapping[str, str]) -> str:
    return f"""
        insert into raw.{_typed(table)} by name
        select
            $tenant_id as tenant_id, $connection_id as connection_id, $batch_id as batch_id,
            classified.record_key, classified.moment as changed_at, classified.content_hash,
            $extracted_at as extracted_at, $landed_at as landed_at, read_typed.record
        from classified
        inner join read_typed on classified.position = read_typed.rowid
        where classified.verdict <> 'unchanged'
    """


def _typed(table: str) -> str:
    return sql.name(table + "__typed")


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
