"""Records that a whole listing does not name, marked as gone in Snowflake.

The rules are those of `duckdb_deletes`, and so are the results.
"""

from __future__ import annotations

from typing import Any

from flows.warehouse import snowflake_sql as sql
from flows.warehouse.deletes import GONE, Swept, is_plausible
from flows.warehouse.moments import naive
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.warehouse import Batch

# What every ledger has since deletes are found: nothing in it where nobody looked for any.
LEDGER = tuple(
    f"alter table batches add column if not exists {name} bigint"
    for name in ("held", "missing", "deleted", "returned")
)
# DDL commits what is open, so the tables of a landing are made before it begins.
WORKING_TABLES = (
    "create or replace temporary table listed (record_key varchar)",
    """create or replace temporary table swept (
        record_key varchar, moment timestamp_ntz, is_missing boolean)""",
    """create or replace temporary table said_last (
        record_key varchar, said_at timestamp_ntz, moment timestamp_ntz, content_hash varchar)""",
)


class Deletes:
    """What is marked together with one batch, inside its transaction."""

    def __init__(self, loader: SnowflakeConnection, batch: Batch) -> None:
        self._loader, self._batch, self._sweep = loader, batch, batch.sweep

    def prepare(self) -> None:
        """Before the transaction."""
        if self._sweep is None:
            return
        for statement in WORKING_TABLES:
            self._loader.run(statement)
        if self._sweep.file is not None:
            self._loader.run(sql.put(str(self._sweep.file), self._batch.batch_id))

    def find(self, values: dict[str, Any], *, rejected: int) -> Swept | None:
        """
        :param values: those of the batch, as its other statements have them
        :param rejected: how many of the batch's records were rejected
        """
        sweep, table = self._sweep, self._batch.table
        if sweep is None:
            return None
        if sweep.file is not None:
            self._loader.run(copy_listing(self._batch.batch_id, sweep.file.name))
            self._loader.run(again(table), values)
        if sweep.beginning is not None:
            values = values | {"beginning": str(naive(sweep.beginning))}
        is_held = held(begins=sweep.beginning is not None)
        self._loader.run(missing(table, is_held), values)
        held_rows = self._loader.rows(
            f"select count(*) from {sql.name(table)}__current where {is_held}", values
        )
        counts = self._loader.rows(COUNTS)
        count, (gone, returned) = int(held_rows[0][0]), map(int, counts[0])
        may = is_plausible(sweep, held=count, missing=gone, rejected=rejected)
        if not may:
            self._loader.run("delete from swept where is_missing")
        return Swept(count, gone, deleted=gone if may else 0, returned=returned)

    def mark(self, swept: Swept | None, values: dict[str, Any]) -> None:
        if swept is not None and swept.deleted + swept.returned:
            for statement in marked(self._batch.table):
                self._loader.run(statement, values)


def held(*, begins: bool) -> str:
    later = f"and moment >= {sql.moment('beginning')}" if begins else ""
    return f"connection_id = %(connection_id)s and content_hash <> '{GONE}' {later}"


def copy_listing(batch_id: str, file: str) -> str:
    return f"""
        copy into listed (record_key)
        from (select $1:record_key::varchar from @landing/{sql.in_stage(batch_id, file)})
        {sql.PARQUET} {sql.WHOLE}
    """


def missing(table: str, is_held: str) -> str:
    return f"""
        insert into swept (record_key, moment, is_missing)
        select record_key, moment, true
        from {sql.name(table)}__current
        where {is_held}
            and record_key not in (select record_key from classified)
            and record_key not in (select record_key from listed)
    """


def again(table: str) -> str:
    """What is listed again, and not in the batch."""
    return f"""
        insert into swept (record_key, moment, is_missing)
        select record_key, moment, false
        from {sql.name(table)}__current
        where connection_id = %(connection_id)s and content_hash = '{GONE}'
            and record_key in (select record_key from listed)
            and record_key not in (select record_key from classified)
    """


COUNTS = """
    select count(case when is_missing then 1 end), count(case when not is_missing then 1 end)
    from swept
"""


def marked(table: str) -> tuple[str, ...]:
    """One more row for each, and what is current of it now."""
    raw, current = sql.name(table), f"{sql.name(table)}__current"
    extracted_at, landed_at = sql.moment("extracted_at"), sql.moment("landed_at")
    return (
        f"""
        insert into said_last (record_key, said_at, moment, content_hash)
        select
            swept.record_key,
            contents.changed_at,
            case
                when swept.moment >= {extracted_at} then dateadd(microsecond, 1, swept.moment)
                else {extracted_at}
            end,
            case when swept.is_missing then '{GONE}' else contents.content_hash end
        from {raw} as contents
        inner join swept on contents.record_key = swept.record_key
        where contents.connection_id = %(connection_id)s and contents.content_hash <> '{GONE}'
        qualify row_number() over (
            partition by contents.record_key order by contents.changed_at desc
        ) = 1
        """,
        f"""
        insert into {raw} (
            tenant_id, connection_id, batch_id, record_key, changed_at, content_hash,
            extracted_at, landed_at, payload, parsed)
        select
            held.tenant_id, held.connection_id, %(batch_id)s, held.record_key, said_last.moment,
            said_last.content_hash, {extracted_at}, {landed_at}, held.payload, held.parsed
        from {raw} as held
        inner join said_last
            on held.record_key = said_last.record_key and held.changed_at = said_last.said_at
        where held.connection_id = %(connection_id)s
        """,
        f"""
        delete from {current}
        where connection_id = %(connection_id)s
            and record_key in (select record_key from said_last)
        """,
        f"""
        insert into {current} (connection_id, record_key, content_hash, moment)
        select %(connection_id)s, record_key, content_hash, moment from said_last
        """,
    )
