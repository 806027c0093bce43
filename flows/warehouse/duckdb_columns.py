"""Batches that come as columns: into a table of their own, which says by itself what is current.

A row names its batch, and the ledger has the rest of its origin. The hash is that of the columns;
`GONE_HASH` stands for a record that is gone, whose columns are those it had last.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.deletes import GONE
from flows.warehouse.warehouse import WarehouseRefused

GONE_HASH = 0
# As what is held as text has it.
HASH = f"case when content_hash = {GONE_HASH} then '{GONE}' else cast(content_hash as varchar) end"


def table_of(table: str) -> str:
    """The append-only table of a stream's columns."""
    return f"raw.{sql.name(table + '__typed')}"


def held_of(table: str) -> str:
    """The view of what is current of each record: its hash and its moment."""
    return f"raw.{sql.name(table + '__held')}"


def is_there(db: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a stream is held as columns."""
    found = db.execute(
        "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = ?",
        [table + "__typed"],
    ).fetchone()
    return found is not None


def holds(db: duckdb.DuckDBPyConnection, table: str, *, connection_id: str) -> bool:
    """Whether there is anything of a connection in a stream's columns. Outside a transaction."""
    try:
        found = db.execute(
            f"select 1 from {table_of(table)} where connection_id = ? limit 1", [connection_id]
        )
    except duckdb.CatalogException:
        return False
    return found.fetchone() is not None


def make_tables(db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    """The table of a stream's columns, and the views of what is current of them.

    A field that the stream has since a short while is added, with nothing in what came before.
    Outside a transaction: asking for a table that is not there ends one.

    :raises WarehouseRefused: if a field has become another kind: it would be cut to the old one
    """
    held = _members_held(db, table)
    if _has_them_all(held, table, columns):
        return
    typed = table_of(table)
    members = ", ".join(f"{_quoted(name)} {kind}" for name, kind in columns.items())
    db.execute(f"""
        create table if not exists {typed} (
            batch_id varchar not null, connection_id varchar not null, record_key varchar not null,
            changed_at timestamp not null, content_hash ubigint not null,
            record struct({members}) not null)""")
    for name, kind in columns.items():
        if held and name not in held:
            db.execute(f"alter table {typed} add column record.{_quoted(name)} {kind}")
    db.execute(f"""
        create or replace view {held_of(table)} as
        select connection_id, record_key, {HASH} as content_hash, changed_at as moment
        from {typed}
        qualify row_number() over (
            partition by connection_id, record_key order by changed_at desc
        ) = 1""")
    db.execute(f"""
        create or replace view raw.{sql.name(table + "__records")} as
        select batches.tenant_id, typed.connection_id, typed.record_key, typed.changed_at,
            typed.content_hash, typed.content_hash = {GONE_HASH} as is_deleted, typed.batch_id,
            batches.extracted_at, batches.landed_at, typed.record
        from {typed} as typed
        inner join raw.batches as batches on batches.batch_id = typed.batch_id
        semi join (
            select connection_id, record_key, max(changed_at) as changed_at
            from {typed}
            group by connection_id, record_key
        ) as newest
            on newest.connection_id = typed.connection_id
            and newest.record_key = typed.record_key
            and newest.changed_at = typed.changed_at""")
    # Whoever opens the file by its name, as dbt does, cannot read a kind such as JSON in the log
    # beside it: that asks for more than an engine knows that is just beginning.
    db.execute("checkpoint")


def _has_them_all(
    held: Mapping[str, duckdb.sqltypes.DuckDBPyType], table: str, columns: Mapping[str, str]
) -> bool:
    for name, kind in columns.items():
        if name in held and held[name] != duckdb.type(kind):
            raise WarehouseRefused(
                f"The field {name} of {table} is held as {held[name]}, and its connector now says"
                f" {duckdb.type(kind)}. Give it the kind it had, or give the stream another name."
            )
    return held.keys() >= columns.keys()


def _members_held(
    db: duckdb.DuckDBPyConnection, table: str
) -> dict[str, duckdb.sqltypes.DuckDBPyType]:
    """The fields of a table's records with their types; none if there is no such table."""
    try:
        return dict(db.table(table_of(table)).select("record").types[0].children)
    except duckdb.CatalogException:
        return {}


def held_by_batch(table: str) -> str:
    """What is current of the records that `read_typed` has, as `duckdb_sql.classify` wants it."""
    return f"""(
        select connection_id, record_key, {HASH} as content_hash, changed_at as moment
        from {table_of(table)}
        where connection_id = $connection_id
            and record_key in (select record_key from read_typed where reason is null)
        qualify row_number() over (partition by record_key order by changed_at desc) = 1
    )"""


def compare(table: str) -> str:
    """How many records `read_typed` has, how many are as they were, and the latest change.

    One that is to be rejected is never as it was.

    Most batches of few records bring nothing. To tell that takes half of what sorting them takes.
    """
    return f"""
        select
            count(*),
            count(*) filter (
                where read_typed.reason is null and read_typed.content_hash = held.content_hash
            ),
            max(least(read_typed.changed_at, $extracted_at))
                filter (where read_typed.changed_at is not null)
        from read_typed
        left join (
            select record_key, arg_max(content_hash, changed_at) as content_hash
            from {table_of(table)}
            where connection_id = $connection_id
                and record_key in (select record_key from read_typed)
            group by record_key
        ) as held on held.record_key = read_typed.record_key
    """


def insert_all(table: str, query: str) -> str:
    """A batch of which every record is new. Those without a time of change have that of reading.

    It ends with an error where a record is to be rejected.
    """
    return f"""
        insert into {table_of(table)} by name
        select
            $batch_id as batch_id, $connection_id as connection_id,
            case when reason is null then record_key else error(reason) end as record_key,
            case when changed_at <= $extracted_at then changed_at else $extracted_at end
                as changed_at,
            content_hash, record
        from ({query})
    """


def merge(table: str) -> str:
    """What is new or changed of a batch that was compared with what is held."""
    return f"""
        insert into {table_of(table)} by name
        select
            $batch_id as batch_id, $connection_id as connection_id, classified.record_key,
            classified.moment as changed_at, read_typed.content_hash, read_typed.record
        from classified
        inner join read_typed on classified.position = read_typed.position
        where classified.verdict <> 'unchanged'
    """


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
