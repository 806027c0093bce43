"""The queries that read a batch as columns: what arrived as such, and what is read value by value.

Both give `position`, `record_key`, `changed_at` (UTC, or null), `content_hash`, `record`, `reason`
and, where there is a reason to reject the record, its `payload`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flows.columns.files import text
from flows.columns.found import ROUNDED, key, moment, path, reasons, unless_never
from flows.columns.payloads import NOT_AN_OBJECT, NOT_JSON, TWICE, UNKNOWN
from flows.connectors.json_path import steps
from flows.connectors.moments import Change
from flows.connectors.streams import Stream
from flows.native.reader import Column

TYPES = {
    "text": "varchar",
    "key": "varchar",
    "whole": "bigint",
    "quantity": "decimal(18, 3)",
    "percent": "decimal(9, 4)",
    "money": "decimal(18, 2)",
    "flag": "boolean",
    "day": "date",
    "moment": "timestamptz",
    "json": "json",
}
# A table of Arrow's that whoever asks for what arrived has to have by this name.
ARRIVED = "arrived"
# A record of noughts has 0, which stands for one that is gone.
_HASH = "greatest(hash(record), 1)"
_TEXTS = ("text", "key")
_LONGEST_LINE = 6 * 1024 * 1024
# No text may have it, so that it stands between a record's position and its text.
BETWEEN = chr(1)


@dataclass
class Arrived:
    """What is asked of the native reader for a stream, and how its columns become a batch."""

    stream: Stream
    time_zone: str
    columns: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        stream = self.stream
        named = {steps(each)[0] for each in stream.key}
        for name, kind in stream.fields.items():
            is_key = name in named and kind in _TEXTS
            self.columns.append(Column(name, self._kind(name, kind), is_needed=is_key))
        self._places = {column.field: place for place, column in enumerate(self.columns)}
        self._parts = [self._text(steps(each)[0], is_needed=True) for each in stream.key]
        self._changed = ""
        if stream.changed is not None and not self._is_plain:
            self._changed = self._changed_column(stream.changed)

    @property
    def query(self) -> str:
        members = ", ".join(
            f"{name_of(name)} := {self._value(name, kind)}"
            for name, kind in self.stream.fields.items()
        )
        return f"""
            select
                position, {key(self.stream, self._parts)} as record_key,
                {unless_never("moment")} as changed_at, {_HASH} as content_hash, record,
                cast(null as varchar) as reason, cast(null as varchar) as payload
            from (
                select *, {self._moment()} as moment
                from (
                    select *, {self._changed_text()} as changed, struct_pack({members}) as record
                    from {ARRIVED}
                )
            )
        """

    @property
    def _is_plain(self) -> bool:
        """Whether the time of change is a moment that has one meaning wherever it is read."""
        change = self.stream.changed
        return (
            change is not None
            and self.stream.fields[steps(change.take)[0]] == "moment"
            and [*change.formats] == ["iso"]
            and change.zone != "tenant"
        )

    def _kind(self, name: str, kind: str) -> str:
        change = self.stream.changed
        if change is not None and name == steps(change.take)[0] and self._is_plain:
            return "moment" if change.zone == "offset" else "utc moment"
        return kind

    def _text(self, name: str, *, is_needed: bool = False) -> str:
        """The column that has a field's text."""
        if self.stream.fields[name] in _TEXTS:
            return f"c{self._places[name]}"
        self.columns.append(Column(name, "text", is_needed=is_needed))
        return f"c{len(self.columns) - 1}"

    def _changed_column(self, change: Change) -> str:
        name = steps(change.take)[0]
        if [*change.formats] != ["iso"]:
            return self._text(name)
        self.columns.append(Column(name, "text of a moment"))
        return f"c{len(self.columns) - 1}"

    def _changed_text(self) -> str:
        return f"nullif(trim({self._changed}), '')" if self._changed else "cast(null as varchar)"

    def _moment(self) -> str:
        change = self.stream.changed
        if change is None:
            return "cast(null as timestamp)"
        if self._is_plain:
            return f"make_timestamp(epoch_us(c{self._places[steps(change.take)[0]]}))"
        found = moment(change, time_zone=self.time_zone)
        return (
            f"coalesce({found}, case when changed is not null then"
            " error('A time of change needs a closer look') end)"
        )

    def _value(self, name: str, kind: str) -> str:
        column = f"c{self._places[name]}"
        match kind:
            case "flag" | "json":
                return f"cast({column} as {TYPES[kind]})"
            case "day":
                return f"date '1970-01-01' + cast({column} as integer)"
        return column


def exact_query(stream: Stream, *, texts: str, time_zone: str, refused: str = "") -> str:
    """
    :param texts: SQL for the records, as `position` and `payload`
    :param refused: SQL for the names in `keys` that no record may have; empty if all may be
    """
    change = stream.changed
    names = list(stream.fields)
    places = {name: f"found[{place}]" for place, name in enumerate(names, start=1)}
    listed = ", ".join(text(path((name,))) for name in names)
    parts = [places[steps(field)[0]] for field in stream.key]
    changed = places[steps(change.take)[0]] if change else "null"
    why = reasons(stream)
    rounded = " or ".join(
        f"(regexp_full_match({part}, {text(ROUNDED)})"
        f" and json_type(payload, {text(path(field))}) = 'DOUBLE')"
        for part, field in zip(parts, stream.key, strict=True)
    )
    record = ", ".join(
        f"{name_of(name)} := {_json(name) if kind == 'json' else _read(places[name], kind)}"
        for name, kind in stream.fields.items()
    )
    quarantine = (
        f"when len({refused}) > 0 then {text(UNKNOWN)} || ({refused})[1] || '.'" if refused else ""
    )
    return f"""
        select
            position, record_key, changed_at, content_hash, record, reason,
            case when reason is not null then payload end as payload
        from (
            select
                position,
                {key(stream, parts)} as record_key,
                nullif(trim({changed}), '') as changed,
                {moment(change, time_zone=time_zone)} as moment,
                {unless_never("moment")} as changed_at,
                struct_pack({record}) as record,
                {_HASH} as content_hash,
                case
                    when keys is null then {text(NOT_JSON)}
                    when json_type(payload) <> 'OBJECT' then {text(NOT_AN_OBJECT)}
                    when len(keys) <> list_unique(keys) then {text(TWICE)}
                    {quarantine}
                    when record_key is null then {text(why["key"])}
                    when {rounded} then {text(why["rounded"])}
                    when changed is not null and moment is null then {text(why["date"])}
                end as reason,
                payload
            from (
                select
                    position, payload,
                    case when json_valid(payload) then json_keys(payload) end as keys,
                    case when json_valid(payload) then payload ->> [{listed}] end as found
                from {texts}
            )
        )
    """


def lines(file: Path) -> str:
    """Texts that stand line by line after their positions."""
    return f"""
        read_csv(
            {text(file)}, columns = {{'position': 'BIGINT', 'payload': 'VARCHAR'}},
            delim = {text(BETWEEN)}, quote = '', escape = '', header = false, auto_detect = false,
            max_line_size = {_LONGEST_LINE}
        )
    """


def payloads(file: Path) -> str:
    """Texts of a file of the lake."""
    return f"""(
        select file_row_number as position, payload
        from read_parquet({text(file)}, file_row_number = true)
    )"""


def _read(value: str, kind: str) -> str:
    if kind in _TEXTS:
        return value
    return f"try_cast(nullif(trim({value}), '') as {TYPES[kind]})"


def _json(name: str) -> str:
    return f"case when keys is not null then nullif(payload -> {text(path((name,)))}, 'null') end"


def name_of(field: str) -> str:
    quoted = field.replace('"', '""')
    return f'"{quoted}"'
