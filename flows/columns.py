"""Records become columns: a spool of JSON lines is turned into the Parquet files of a batch.

The text of each record is kept as the source wrote it, digit for digit. It never becomes a Python
object: what has to be known of it (key, time of change, hash) is found by the columnar engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from flows.connectors.loads import Change
from flows.connectors.spec import Stream

# Readers refuse larger records before they are spooled; here they only have to fit.
RECORD_BYTES = 5 * 1024 * 1024
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
PARQUET = "format parquet, compression zstd"
# The engine takes more for a date, such as `infinity` and `epoch`. Digits of the second beyond the
# sixth are cut.
DATE = r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?"
WITH_ZONE = r".*:\d{2}(\.\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)"
INSTANT = "timezone('UTC', try_cast(changed as timestamptz))"
# Systems write the first day they know for "never": 0001, 1753, 1899 or 1900.
NEVER = "timestamp '1901-01-01'"


@dataclass(frozen=True)
class Origin:
    """Where and when the records of a batch were read: every row says it, wherever it is found."""

    tenant_id: str
    connection_id: str
    batch_id: str
    extracted_at: datetime


@dataclass(frozen=True)
class Columns:
    """The two files of a batch, as `flows.warehouse.Batch` describes them."""

    file: Path
    rejects: Path


def columns_of(*, spool: Path, stream: Stream, origin: Origin, time_zone: str) -> Columns:
    """Write the batch beside its spool.

    :param spool: one JSON record a line
    :param time_zone: of the tenant, for sources that write local time
    """
    made = Columns(
        file=spool.with_suffix(".parquet"), rejects=spool.with_suffix(".rejects.parquet")
    )
    records = _records(stream, spool=spool, time_zone=time_zone)
    with duckdb.connect(config={**SETTINGS, "temp_directory": str(spool.parent)}) as db:
        db.execute("set TimeZone = 'UTC'")
        db.execute(
            f"copy (select {_origin(origin)}, record_key, changed_at,"
            f" md5(payload) as content_hash, payload"
            f" from ({records}) where reason is null) to {_text(made.file)} ({PARQUET})"
        )
        db.execute(
            f"copy (select reason, payload from ({records}) where reason is not null)"
            f" to {_text(made.rejects)} ({PARQUET})"
        )
    return made


def _origin(origin: Origin) -> str:
    extracted_at = origin.extracted_at.astimezone(UTC).replace(tzinfo=None)
    return (
        f"{_text(origin.tenant_id)} as tenant_id, {_text(origin.connection_id)} as connection_id,"
        f" {_text(origin.batch_id)} as batch_id, timestamp {_text(extracted_at)} as extracted_at"
    )


def _records(stream: Stream, *, spool: Path, time_zone: str) -> str:
    """The query that finds key, time of change and reason of rejection of every record."""
    change = stream.changed
    changed = _value(change.take) if change else "null"
    no_key = f"The record has no {' and '.join(stream.key)}."
    no_date = f"{change.take if change else ''} is not a date and time."
    return f"""
        select
            payload,
            {_key(stream.key)} as record_key,
            nullif(trim({changed}), '') as changed,
            {_moment(change, time_zone=time_zone)} as moment,
            case when moment >= {NEVER} then moment end as changed_at,
            case
                when json_type(payload) <> 'OBJECT' then 'The record is not an object.'
                when record_key is null then {_text(no_key)}
                when changed is not null and moment is null then {_text(no_date)}
            end as reason
        from (
            select json::varchar as payload
            from read_ndjson_objects({_text(spool)}, maximum_object_size = {2 * RECORD_BYTES})
        )
    """


def _key(fields: tuple[str, ...]) -> str:
    """SQL for the key as text, null where a part is missing.

    In a key of several parts a `|` or a backslash of their own is escaped: two records never
    become one.
    """
    values = [f"nullif({_value(field)}, '')" for field in fields]
    if len(values) > 1:
        values = [rf"regexp_replace({value}, '([\\|])', '\\\1', 'g')" for value in values]
    return " || '|' || ".join(values)


def _value(field: str) -> str:
    return f"(payload ->> {_text(_path(field))})"


def _moment(change: Change | None, *, time_zone: str) -> str:
    """SQL for the time of change in UTC; null where the text is not one."""
    if change is None:
        return "cast(null as timestamp)"
    match change.format, change.zone:
        case "epoch-seconds", _:
            seconds = "try_cast(changed as decimal(18, 3))"
            return f"try(make_timestamp_ms(cast({seconds} * 1000 as bigint)))"
        case "epoch-milliseconds", _:
            return "try(make_timestamp_ms(try_cast(changed as bigint)))"
        case _, "tenant":
            local = f"timezone('UTC', timezone({_text(time_zone)}, try_cast(changed as timestamp)))"
            zoned = f"case when {_matches(WITH_ZONE)} then {INSTANT} else {local} end"
            return f"case when {_matches(DATE)} then {zoned} end"
        case _, "offset":
            return f"case when {_matches(DATE)} then {INSTANT} end"
        case _:
            return f"case when {_matches(DATE)} then try_cast(changed as timestamp) end"


def _matches(pattern: str) -> str:
    return f"regexp_full_match(changed, {_text(pattern)})"


def _path(field: str) -> str:
    """`_info.lastUpdated` as the engine writes paths."""
    return "$." + ".".join(f'"{part}"' for part in field.split("."))


def _text(value: object) -> str:
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"
