"""The statements of the Snowflake warehouse. Values are bound as `%(name)s`; names are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.warehouse.deletes import GONE

LEDGER = (
    """create table if not exists tenants (
        tenant_id varchar not null, name varchar not null, time_zone varchar not null,
        currency varchar not null, country varchar not null, updated_at timestamp_ntz not null)""",
    """create table if not exists batches (
        batch_id varchar not null, tenant_id varchar not null, connection_id varchar not null,
        connector varchar not null, stream varchar not null, run_id varchar not null,
        extracted_at timestamp_ntz not null, landed_at timestamp_ntz not null,
        extracted bigint not null, new bigint not null, changed bigint not null,
        unchanged bigint not null, rejected bigint not null, bytes bigint not null,
        file varchar, bookmark varchar)""",
    """create table if not exists bookmarks (
        connection_id varchar not null, stream varchar not null,
        bookmark timestamp_ntz not null, updated_at timestamp_ntz not null)""",
    """create table if not exists bookmark_notes (
        connection_id varchar not null, stream varchar not null,
        notes varchar not null, updated_at timestamp_ntz not null)""",
    "create table if not exists fences (connection_id varchar not null, fence bigint not null)",
    """create table if not exists rejects (
        batch_id varchar not null, reason varchar not null, payload varchar not null)""",
    """create table if not exists builds (
        begun_at timestamp_ntz not null, transforms varchar not null, settings varchar not null,
        is_whole boolean not null, finished_at timestamp_ntz)""",
    "create table if not exists turns (tenant_id varchar not null, taken_at timestamp_ntz)",
    "create stage if not exists landing",
)


def name(identifier: str) -> str:
    """An identifier, unquoted as Snowflake's own are. Names come from connectors and models."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", identifier):
        raise ValueError(f"{identifier!r} is not the name of a table.")
    return identifier


def prefix(slug: str) -> str:
    """What the names of a tenant's schemas begin with: `alster-mode` → `TENANT_ALSTER_MODE_`."""
    return f"TENANT_{name(slug.replace('-', '_')).upper()}_"


def raw_table(table: str) -> tuple[str, str]:
    """The append-only table of a stream, and what is current of each record: its hash alone.

    `payload` is what the source said, with its own digits; `parsed` is the same as a VARIANT, made
    once, so that models never parse it again. Rows that belong together arrive together: the
    clustering key costs nothing until the table is large.
    """
    return (
        f"""create table if not exists {name(table)} (
            tenant_id varchar not null, connection_id varchar not null, batch_id varchar not null,
            record_key varchar not null, changed_at timestamp_ntz not null,
            content_hash varchar not null, extracted_at timestamp_ntz not null,
            landed_at timestamp_ntz not null, payload varchar not null, parsed variant)
            cluster by (to_date(landed_at))""",
        f"""create transient table if not exists {name(table)}__current (
            connection_id varchar not null, record_key varchar not null,
            content_hash varchar not null, moment timestamp_ntz not null)""",
    )


# DDL commits what is open, so the tables of a landing are made before it begins.
WORKING_TABLES = (
    """create or replace temporary table read_records (
        position bigint, record_key varchar, changed_at timestamp_ntz, content_hash varchar,
        payload varchar)""",
    "create or replace temporary table read_rejects (reason varchar, payload varchar)",
    """create or replace temporary table classified (
        position bigint, record_key varchar, content_hash varchar, claimed timestamp_ntz,
        is_dated boolean, turn bigint, moment timestamp_ntz, verdict varchar)""",
)

# By default a text of a backslash and an N would be read as null.
PARQUET = "file_format = (type = parquet use_logical_type = true null_if = ())"
# Our ledger says what has landed; Snowflake forgets what it loaded after 64 days.
WHOLE = "on_error = abort_statement force = true"


def put(file: str, batch_id: str) -> str:
    path = file.replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"put 'file://{path}' @landing/{_batch(batch_id)}"
        " auto_compress = false source_compression = none overwrite = true"
    )


def remove(batch_id: str) -> str:
    return f"remove @landing/{_batch(batch_id)}"


def in_stage(batch_id: str, file: str) -> str:
    """Where a file of a batch is in the stage."""
    return f"{_batch(batch_id)}/{_file(file)}"


def copy_records(batch_id: str, file: str) -> str:
    return f"""
        copy into read_records (position, record_key, changed_at, content_hash, payload)
        from (
            select
                metadata$file_row_number,
                $1:record_key::varchar,
                $1:changed_at::timestamp_ntz,
                $1:content_hash::varchar,
                $1:payload::varchar
            from @landing/{in_stage(batch_id, file)}
        )
        {PARQUET} {WHOLE}
    """


def copy_rejects(batch_id: str, file: str) -> str:
    return f"""
        copy into read_rejects (reason, payload)
        from (
            select $1:reason::varchar, $1:payload::varchar
            from @landing/{in_stage(batch_id, file)}
        )
        {PARQUET} {WHOLE}
    """


COLUMNS = """
    select table_name, column_name, data_type
    from information_schema.columns
    where table_schema = current_schema()
    order by table_name, ordinal_position
"""


def moved_table(columns: Mapping[str, str]) -> str:
    """Where the file of a table that comes from another engine is read into."""
    typed = ", ".join(f"{name(column)} {_type(kind)}" for column, kind in columns.items())
    return f"create or replace temporary table moved ({typed})"


def copy_moved(columns: Mapping[str, str], batch_id: str, file: str) -> str:
    chosen = ", ".join(f"$1:{name(column)}::{_type(kind)}" for column, kind in columns.items())
    return f"""
        copy into moved ({", ".join(columns)})
        from (select {chosen} from @landing/{in_stage(batch_id, file)})
        {PARQUET} {WHOLE}
    """


def insert_moved(table: str, columns: Mapping[str, str], *, parses: bool) -> str:
    names = ", ".join(columns)
    also, parsed = (", parsed", ", parse_json(payload)") if parses else ("", "")
    return f"insert into {name(table)} ({names}{also}) select {names}{parsed} from moved"


def _type(kind: str) -> str:
    return {"TIMESTAMP": "timestamp_ntz"}.get(kind.upper(), kind.lower())


# It locks the table until the end of the transaction: who comes second waits, and then sees.
FENCE = """
    merge into fences
    using (select %(connection_id)s as connection_id, %(fence)s as fence) as mine
        on fences.connection_id = mine.connection_id
    when matched and fences.fence <= mine.fence then update set fence = mine.fence
    when not matched then
        insert (connection_id, fence) values (mine.connection_id, mine.fence)
"""


def classify(table: str) -> str:
    """Compare each record of a file with what came before it: in the file, else in raw.

    The rules are those of `duckdb_sql.classify`, and so are the results.
    """
    return f"""
        insert into classified
            (position, record_key, content_hash, claimed, is_dated, turn, moment, verdict)
        with

        batch as (
            select
                position,
                record_key,
                least(coalesce(changed_at, {moment("extracted_at")}), {moment("extracted_at")})
                    as claimed,
                changed_at is not null as is_dated,
                content_hash
            from read_records
        ),

        numbered as (
            select
                batch.position,
                batch.record_key,
                batch.content_hash,
                batch.claimed,
                batch.is_dated,
                held.content_hash as held_hash,
                case
                    -- Since when it is there again, nobody knows: since it is read.
                    when held.content_hash = '{GONE}' and held.moment < {moment("extracted_at")}
                        then {moment("extracted_at")}
                    when held.moment >= batch.claimed then dateadd(microsecond, 1, held.moment)
                    else batch.claimed
                end as earliest,
                row_number() over (
                    partition by batch.record_key order by batch.claimed, batch.position
                ) as turn
            from batch
            left join {name(table)}__current as held
                on held.connection_id = %(connection_id)s and held.record_key = batch.record_key
        ),

        compared as (
            select
                *,
                -- The highest so far, and one microsecond for each turn since then.
                dateadd(microsecond, turn, max(dateadd(microsecond, -turn, earliest)) over (
                    partition by record_key
                    order by turn
                    rows between unbounded preceding and current row
                )) as moment,
                coalesce(
                    lag(content_hash) over (partition by record_key order by turn), held_hash
                ) as previous_hash
            from numbered
        )

        select
            position, record_key, content_hash, claimed, is_dated, turn, moment,
            case
                when previous_hash is null then 'new'
                when previous_hash = content_hash then 'unchanged'
                else 'changed'
            end
        from compared
    """


COUNTS = """
    select
        count(case when verdict = 'new' then 1 end),
        count(case when verdict = 'changed' then 1 end),
        count(case when verdict = 'unchanged' then 1 end),
        max(iff(is_dated, claimed, null)),
        (select count(*) from read_rejects)
    from classified
"""


def merge(table: str) -> tuple[str, str, str]:
    """Append what is new or changed, and note what is current of it now."""
    current = f"{name(table)}__current"
    return (
        f"""
        insert into {name(table)} (
            tenant_id, connection_id, batch_id, record_key, changed_at, content_hash,
            extracted_at, landed_at, payload, parsed)
        select
            %(tenant_id)s, %(connection_id)s, %(batch_id)s, classified.record_key,
            classified.moment, classified.content_hash,
            {moment("extracted_at")}, {moment("landed_at")},
            read_records.payload, parse_json(read_records.payload)
        from classified
        inner join read_records on classified.position = read_records.position
        where classified.verdict <> 'unchanged'
        """,
        f"""
        delete from {current}
        where connection_id = %(connection_id)s
            and record_key in (select record_key from classified where verdict <> 'unchanged')
        """,
        f"""
        insert into {current} (connection_id, record_key, content_hash, moment)
        select %(connection_id)s, record_key, content_hash, moment
        from classified
        where record_key in (select record_key from classified where verdict <> 'unchanged')
        qualify row_number() over (partition by record_key order by turn desc) = 1
        """,
    )


REJECTS = """
    insert into rejects (batch_id, reason, payload)
    select %(batch_id)s, reason, payload from read_rejects
"""


def moment(value: str) -> str:
    return f"to_timestamp_ntz(%({value})s)"


BATCH = f"""
    insert into batches (
        batch_id, tenant_id, connection_id, connector, stream, run_id, extracted_at, landed_at,
        extracted, new, changed, unchanged, rejected, bytes, file, bookmark,
        held, missing, deleted, returned)
    select
        %(batch_id)s, %(tenant_id)s, %(connection_id)s, %(connector)s, %(stream)s, %(run_id)s,
        {moment("extracted_at")}, {moment("landed_at")},
        %(extracted)s, %(new)s, %(changed)s, %(unchanged)s, %(rejected)s, %(bytes)s,
        %(file)s, %(bookmark_text)s,
        %(held)s, %(missing)s, %(deleted)s, %(returned)s
"""

ACCOUNT = """
    select
        extracted, new, changed, unchanged, rejected, bookmark, held, missing, deleted, returned
    from batches
    where batch_id = %(batch_id)s
"""

SETTINGS = "select tenant_id, name, time_zone, currency, country from tenants"
NEW_SETTINGS = f"""
    insert into tenants (tenant_id, name, time_zone, currency, country, updated_at)
    select
        %(tenant_id)s, %(name)s, %(time_zone)s, %(currency)s, %(country)s, {moment("updated_at")}
"""

# Marking what is gone brings something, too. Older lines know of no deletes.
BROUGHT_SOMETHING = "new + changed + coalesce(deleted, 0) + coalesce(returned, 0) > 0"
LANDED_THROUGH = f"select max(landed_at) from batches where {BROUGHT_SOMETHING}"

LANDED_AFTER = f"""
    select distinct connector || '__' || stream as raw_table
    from batches
    where {BROUGHT_SOMETHING} and landed_at > {moment("moment")}
    order by raw_table
"""

LEDGER_LINES = """
    select connection_id, connector || '__' || stream, landed_at, file
    from batches
    order by landed_at
"""

STREAMS = """
    select
        batches.connection_id,
        batches.stream,
        max(batches.extracted_at),
        sum(batches.new),
        max(bookmarks.bookmark),
        max(bookmark_notes.notes)
    from batches
    left join bookmarks
        on batches.connection_id = bookmarks.connection_id and batches.stream = bookmarks.stream
    left join bookmark_notes
        on batches.connection_id = bookmark_notes.connection_id
        and batches.stream = bookmark_notes.stream
    group by batches.connection_id, batches.stream
    order by batches.connection_id, batches.stream
"""

BEGIN_BUILD = f"""
    insert into builds (begun_at, transforms, settings, is_whole)
    select {moment("begun_at")}, %(transforms)s, %(settings)s, %(is_whole)s
"""
LAST_BEGUN = "select dateadd(microsecond, 1, max(begun_at)) from builds"
FINISH_BUILD = f"""
    update builds set finished_at = {moment("finished_at")}
    where begun_at = (select max(begun_at) from builds)
"""
SHAPED_BY = """
    select distinct transforms, settings
    from builds
    where begun_at >= (
        select max(begun_at) from builds where is_whole and finished_at is not null
    )
"""

# The update holds the lock, not the row: it lasts as long as the transaction around it.
TURN = f"update turns set taken_at = {moment('taken_at')} where tenant_id = %(tenant_id)s"
FIRST_TURN = """
    insert into turns (tenant_id)
    select %(tenant_id)s where not exists (select 1 from turns where tenant_id = %(tenant_id)s)
"""


def _batch(batch_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", batch_id):
        raise ValueError(f"{batch_id!r} is not a batch.")
    return batch_id


def _file(file: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.]+", file) or file.startswith("."):
        raise ValueError(f"{file!r} is not the name of a file in the stage.")
    return file
