"""SQL that finds in a record's text what has to be known of it: its key and its time of change."""

from __future__ import annotations

from collections.abc import Sequence

from flows.columns.files import text
from flows.connectors.grammar import JsonPath
from flows.connectors.json_path import steps, written
from flows.connectors.moments import Change
from flows.connectors.streams import Stream

# The engine takes more for a date, such as `infinity` and `epoch`. Digits of the second beyond the
# sixth are cut.
DATE = r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?"
WITH_ZONE = r".*:\d{2}(\.\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)"
INSTANT = "timezone('UTC', try_cast(changed as timestamptz))"
# Systems write the first day they know for "never": 0001, 1753, 1899 or 1900.
NEVER = "timestamp '1901-01-01'"
# A number with so many digits that the engine may have rounded it: two of them may be one.
ROUNDED = r"-?(\d{16,}\.\d+|\d+(\.\d+)?[eE][+-]?\d+)"
_MS_DATE = r"/Date\((-?\d{1,15})([+-]\d{4})?\)/"
_RFC_2822 = (
    r"([A-Za-z]{3}, *)?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}(:\d{2})? *([+-]\d{4}|GMT|UT|UTC|Z)"
)


def path(field: JsonPath) -> str:
    """`_info.lastUpdated` as the engine writes paths; a number is a place in a list."""
    found = "$"
    for place, step in enumerate(steps(field)):
        quoted = step.replace("\\", "\\\\").replace('"', '\\"')
        # A record is an object: what stands at its top is a name.
        found += f"[{step}]" if place and step.isdigit() else f'."{quoted}"'
    return found


def key(stream: Stream, values: Sequence[str]) -> str:
    """SQL for the key as text, null where a part is missing.

    In a key of several parts a `|` or a backslash of their own is escaped: two records never
    become one.

    :param values: SQL for the parts; none for a stream whose records have no key but their content
    """
    if not values:
        return "md5(payload)"
    parts = [f"nullif({value}, '')" for value in values]
    if len(parts) > 1:
        parts = [rf"regexp_replace({part}, '([\\|])', '\\\1', 'g')" for part in parts]
    return " || '|' || ".join(parts)


def reasons(stream: Stream) -> dict[str, str]:
    """Why a record may be rejected that is an object."""
    change = written(stream.changed.take) if stream.changed else ""
    return {
        "key": f"The record has no {' and '.join(map(written, stream.key))}.",
        "date": f"{change} is not a date and time.",
        "rounded": f"{' and '.join(map(written, stream.key))} is a number with too many digits.",
    }


def told(
    stream: Stream,
    *,
    parts: Sequence[str],
    changed: str,
    time_zone: str,
    source: str,
    rules: str = "",
) -> str:
    """The query that gives key, time of change, hash of the text and reason of rejection.

    :param parts: SQL for the parts of the key
    :param changed: SQL for the text of the time of change; empty if the stream has none
    :param source: SQL for the records, with `payload` and what the others name
    :param rules: `when … then …` of a CASE for what else is a reason
    """
    text_of_change = f"nullif(trim({changed}), '')" if changed else "cast(null as varchar)"
    return f"""
        select
            {key(stream, parts)} as record_key,
            {text_of_change} as changed,
            {moment(stream.changed, time_zone=time_zone)} as moment,
            {unless_never("moment")} as changed_at,
            md5(payload) as content_hash,
            case
                {rules}
                when changed is not null and moment is null then {text(reasons(stream)["date"])}
            end as reason
        from {source}
    """


def unless_never(value: str) -> str:
    """SQL for a moment, null where it stands for "never"."""
    return f"case when {value} >= {NEVER} then {value} end"


def moment(change: Change | None, *, time_zone: str) -> str:
    """SQL for the time of change in UTC, of the text `changed`; null where that is none.

    Of several forms the first that fits is taken.
    """
    if change is None:
        return "cast(null as timestamp)"
    forms = [_form(form, change.zone, time_zone=time_zone) for form in change.formats]
    return forms[0] if len(forms) == 1 else f"coalesce({', '.join(forms)})"


def _form(form: str, zone: str, *, time_zone: str) -> str:
    match form:
        case "epoch-seconds":
            seconds = "try_cast(changed as decimal(18, 3))"
            return f"try(make_timestamp_ms(cast({seconds} * 1000 as bigint)))"
        case "epoch-milliseconds":
            return "try(make_timestamp_ms(try_cast(changed as bigint)))"
        case "ms-date":
            found = f"try_cast(regexp_extract(changed, '^{_MS_DATE}$', 1) as bigint)"
            return f"try(make_timestamp_ms({found}))"
        case "rfc-2822":
            return f"case when {_matches(_RFC_2822)} then {_rfc_2822()} end"
        case "iso":
            return _iso(zone, time_zone=time_zone)
    if "%z" in form or "%Z" in form:
        # Read with its zone it is an instant, which the engine shows in the zone of the session.
        return f"timezone('UTC', cast(try_strptime(changed, {text(form)}) as timestamptz))"
    naive = f"try_strptime(changed, {text(form)})"
    return _local(naive, time_zone=time_zone) if zone == "tenant" else naive


def _iso(zone: str, *, time_zone: str) -> str:
    match zone:
        case "tenant":
            local = _local("try_cast(changed as timestamp)", time_zone=time_zone)
            zoned = f"case when {_matches(WITH_ZONE)} then {INSTANT} else {local} end"
            return f"case when {_matches(DATE)} then {zoned} end"
        case "offset":
            return f"case when {_matches(DATE)} then {INSTANT} end"
        case _:
            return f"case when {_matches(DATE)} then try_cast(changed as timestamp) end"


def _rfc_2822() -> str:
    """The weekday is left out: it may be wrong, and says nothing."""
    bare = "regexp_replace(changed, '^[A-Za-z]{3}, *', '')"
    zoned = f"regexp_replace({bare}, ' *(GMT|UTC|UT|Z)$', ' +0000')"
    forms = "['%d %b %Y %H:%M:%S %z', '%d %b %Y %H:%M %z']"
    return f"timezone('UTC', cast(try_strptime({zoned}, {forms}) as timestamptz))"


def _local(naive: str, *, time_zone: str) -> str:
    return f"timezone('UTC', timezone({text(time_zone)}, {naive}))"


def _matches(pattern: str) -> str:
    return f"regexp_full_match(changed, {text(pattern)})"
