"""The statements of the DuckDB warehouse. What varies is bound; names are checked and quoted."""

from __future__ import annotations

import re

from flows.warehouse.deletes import GONE

# Local files need no extension, and nothing may be fetched at run time.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

# As dbt calls a tenant's file, by its name. Views remember it.
DATABASE = "warehouse"
# Whatever an earlier opening has set, for the engine outlives it.
OPENED = (
    f"use {DATABASE}",
    "set TimeZone = 'UTC'",
    f"set memory_limit = '{SETTINGS['memory_limit']}'",
    f"set threads = {SETTINGS['threads']}",
    "set preserve_insertion_order = true",
)

LEDGER = (
    "create schema if not exists raw",
    "create schema if not exists analytics",
    """create table if not exists raw.tenants (
        tenant_id varchar not null, name varchar not null, time_zone varchar not null,
        currency varchar not null, country varchar not null, updated_at timestamp not null)""",
    """create table if not exists raw.batches (
        batch_id varchar primary key, tenant_id varchar not null, connection_id varchar not null,
        connector varchar not null, stream varchar not null, run_id varchar not null,
        extracted_at timestamp not null, landed_at timestamp not null,
        extracted bigint not null, new bigint not null, changed bigint not null,
        unchanged bigint not null, rejected bigint not null, bytes bigint not null,
        file varchar, bookmark varchar,
        check (extracted = new + changed + unchanged + rejected))""",
    """create table if not exists raw.bookmarks (
        connection_id varchar, stream varchar, bookmark timestamp not null,
        updated_at timestamp not null, primary key (connection_id, stream))""",
    # What a bookmark holds that is no moment of a record.
    """create table if not exists raw.bookmark_notes (
        connection_id varchar, stream varchar, notes varchar not null,
        updated_at timestamp not null, primary key (connection_id, stream))""",
    """create table if not exists raw.fences (
        connection_id varchar primary key, fence bigint not null)""",
    """create table if not exists raw.rejects (
        batch_id varchar not null, reason varchar not null, payload varchar not null)""",
    """create table if not exists raw.builds (
        begun_at timestamp primary key, transforms varchar not null, settings varchar not null,
        is_whole boolean not null, finished_at timestamp)""",
)


LEDGER_TABLES = frozenset(
    {"tenants", "batches", "bookmarks", "bookmark_notes", "fences", "rejects"}
)


def stream_of(table: str) -> str:
    """The raw table that a table of current hashes belongs to, or the table itself."""
    return table.removesuffix("__current")


def name(identifier: str) -> str:
    """A quoted identifier. Names come from connectors and models, which are checked; so is this."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", identifier):
        raise ValueError(f"{identifier!r} is not the name of a table.")
    return f'"{identifier}"'


def raw_table(table: str) -> tuple[str, str]:
    """The append-only table of a stream, and what is current of each record: its hash alone.

    The second is what keeps an increment as cheap as it is small, however long the history.
    """
    return (
        f"""create table if not exists raw.{name(table)} (
            tenant_id varchar not null, connection_id varchar not null, batch_id varchar not null,
            record_key varchar not null, changed_at timestamp not null,
            content_hash varchar not null, extracted_at timestamp not null,
            landed_at timestamp not null, payload varchar not null)""",
        f"""create table if not exists raw.{name(table + "__current")} (
            connection_id varchar not null, record_key varchar not null,
            content_hash varchar not null, moment timestamp not null)""",
    )


# Of a batch of which each record is new: no other came before it, here or in raw.
CLAIMED = "least(coalesce(changed_at, $extracted_at), $extracted_at)"
FIRST_COUNTS = f"""
    select
        count(*), count(distinct record_key),
        max({CLAIMED}) filter (where changed_at is not null)
    from read_parquet($file)
"""


def insert_first(table: str) -> tuple[str, str]:
    """All of a batch of which each record is new, and what is current of it."""
    return (
        f"""
        insert into raw.{name(table)}
        select
            $tenant_id, $connection_id, $batch_id, record_key, {CLAIMED}, content_hash,
            $extracted_at, $landed_at, payload
        from read_parquet($file)
        """,
        f"""
        insert into raw.{name(table + "__current")}
        select $connection_id, record_key, content_hash, {CLAIMED} from read_parquet($file)
        """,
    )


# A source of records gives `position`, `record_key`, `changed_at` and `content_hash`.
FILE = """
    select file_row_number as position, record_key, changed_at, content_hash
    from read_parquet($file, file_row_number = true)
"""


def classify(table: str, source: str = FILE, *, held: str = "") -> str:
    """Compare each record of a batch with what came before it: in the batch, else in raw.

    A source shows what is so now. What it shows later is therefore later, whatever its clock says:
    no change lies in the future, and each content of a record has a moment after the one before, a
    microsecond if need be. So the order of landing and of the history in `transforms/` is one.
    Payloads stay out of it: windows over them would need memory for all of them.

    :param held: a relation of what is current, if that is no table of its own
    """
    return f"""
        create or replace temp table classified as
        with

        batch as (
            select
                position,
                record_key,
                least(coalesce(changed_at, $extracted_at), $extracted_at) as claimed,
                changed_at is not null as is_dated,
                content_hash
            from ({source})
        ),

        numbered as (
            select
                batch.*,
                held.content_hash as held_hash,
                greatest(
                    claimed,
                    held.moment + to_microseconds(1),
                    -- Since when it is there again, nobody knows: since it is read.
                    case when held.content_hash = '{GONE}' then $extracted_at end
                ) as earliest,
                row_number() over (
                    partition by batch.record_key order by batch.claimed, batch.position
                ) as turn
            from batch
            left join {held or "raw." + name(table + "__current")} as held
                on held.connection_id = $connection_id and held.record_key = batch.record_key
        ),

        compared as (
            select
                *,
                -- The highest so far, and one microsecond for each turn since then.
                to_microseconds(turn) + max(earliest - to_microseconds(turn)) over (
                    partition by record_key order by turn
                ) as moment,
                coalesce(
                    lag(content_hash) over (partition by record_key order by turn), held_hash
                ) as previous_hash
            from numbered
        )

        select
            *,
            case
                when previous_hash is null then 'new'
                when previous_hash = content_hash then 'unchanged'
                else 'changed'
            end as verdict
        from compared
    """


COUNTS = """
    select
        count(*) filter (where verdict = 'new'),
        count(*) filter (where verdict = 'changed'),
        count(*) filter (where verdict = 'unchanged'),
        max(claimed) filter (where is_dated)
    from classified
"""

REJECTS = "insert into raw.rejects select ?, reason, payload from read_parquet(?)"

FENCE = "insert or replace into raw.fences values (?, ?)"

# A line of the ledger.
LINE = f"({', '.join('?' * 20)})"
# Marking what is gone brings something, too. Older lines know of no deletes.
BROUGHT_SOMETHING = "new + changed + coalesce(deleted, 0) + coalesce(returned, 0) > 0"


def merge(table: str) -> tuple[str, str, str]:
    """Append what is new or changed, and note what is current of it now."""
    return (
        f"""
        insert into raw.{name(table)}
        select
            $tenant_id, $connection_id, $batch_id, classified.record_key,
            classified.moment, classified.content_hash,
            $extracted_at, $landed_at, read.payload
        from classified
        inner join read_parquet($file, file_row_number = true) as read
            on classified.position = read.file_row_number
        where classified.verdict <> 'unchanged'
        """,
        *merge_current(table),
    )


def merge_current(table: str) -> tuple[str, str]:
    """Note what is current now of what is new or changed."""
    current = name(table + "__current")
    return (
        f"""
        delete from raw.{current}
        where connection_id = $connection_id
            and record_key in (select record_key from classified where verdict <> 'unchanged')
        """,
        f"""
        insert into raw.{current}
        select $connection_id, record_key, content_hash, moment
        from classified
        where record_key in (select record_key from classified where verdict <> 'unchanged')
        qualify row_number() over (partition by record_key order by turn desc) = 1
        """,
    )


ACCOUNT = """
    select
        extracted, new, changed, unchanged, rejected, bookmark, held, missing, deleted, returned
    from raw.batches
    where batch_id = ?
"""

HAS_LEDGER = """
    select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'batches'
"""

LEDGER_LINES = """
    select connection_id, connector || '__' || stream, landed_at, file
    from raw.batches
    order by landed_at
"""

STREAMS = """
    select
        batches.connection_id,
        batches.stream,
        max(batches.extracted_at),
        sum(batches.new),
        any_value(bookmarks.bookmark),
        any_value(bookmark_notes.notes)
    from raw.batches
    left join raw.bookmarks using (connection_id, stream)
    left join raw.bookmark_notes using (connection_id, stream)
    group by batches.connection_id, batches.stream
    order by batches.connection_id, batches.stream
"""
