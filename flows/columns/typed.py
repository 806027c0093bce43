"""Records that are read as columns on arrival, because the stream says what its fields are.

The text of each record goes to the lake as it is. The same lines are kept beside it until the
warehouse reads them as columns, in one pass and straight into its own table: what is read twice or
stored in between costs more than all the rest. That pass takes it that every value is what the
stream says. Where one is not, the lines are read again, each value by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from flows.columns.chunks import Chunk
from flows.columns.drift import Fields
from flows.columns.files import Columns, Origin, ParquetFile, text, text_column, write_rejects
from flows.columns.found import DATE, NEVER, ROUNDED, key, moment, path, reasons
from flows.columns.payloads import NOT_AN_OBJECT, NOT_JSON, TWICE, UNKNOWN, unknown
from flows.connectors.json_path import steps
from flows.connectors.streams import Stream

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
# Enough for a reader to have work on both processors, and few enough files.
_LINES_BYTES = 64 * 1024 * 1024
# Of a large batch some records are looked at for new fields; of a small one, all.
_LOOK_AT = 16
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A record of noughts has 0, which stands for one that is gone.
_HASH = "greatest(hash(record), 1)"
# No text may be in it, so that each line is one field.
_NO_TEXT = chr(1)


@dataclass(frozen=True)
class Typed:
    """How a batch is read as columns; `flows.warehouse.Typed` for whoever lands it.

    A query gives `record_key`, `changed_at` (UTC, or null), `content_hash` and `record`, a struct
    of `columns`. `strict` ends with an error where a value is not what it should be. `exact`, one
    for each file of lines, reads any, with `reason` and `payload` of what is rejected, and null for
    what cannot be read.
    """

    columns: Mapping[str, str]
    strict: str
    exact: Sequence[str]
    is_exact_needed: bool


class TypedRecords:
    """Writes chunks of records as one file for the lake, and as lines for the warehouse."""

    def __init__(
        self,
        *,
        folder: Path,
        name: str,
        stream: Stream,
        origin: Origin,
        time_zone: str,
        fields: Fields | None = None,
    ) -> None:
        self._folder = folder
        self._name = name
        self._stream = stream
        self._time_zone = time_zone
        self._records = ParquetFile(folder / f"{name}.parquet", ("payload",), origin=origin)
        self._rejects = ParquetFile(folder / f"{name}.rejects.parquet", ("reason", "payload"))
        self._lines: BinaryIO | None = None
        self._files: list[Path] = []
        self._fields = fields or Fields(stream)
        self._left_some = False
        self._is_small = False

    def add(self, chunk: Chunk) -> None:
        if chunk.rejects:
            write_rejects(self._rejects, chunk.rejects)
        if not chunk.records and not chunk.rejects:
            return
        # Also if all of them are too large: that there are none to be read is read, too.
        lines = self._file()
        if not chunk.records:
            return
        lines.write(b"\n".join(chunk.records))
        lines.write(b"\n")
        self._look(chunk.records)
        # Only the last chunk is not full. If it is the first as well, its lines are all there is.
        self._is_small = not self._records.is_begun and not chunk.is_full
        if not self._is_small:
            self._records.write({"payload": text_column(chunk.records)}, rows=len(chunk.records))

    def close(self) -> Columns:
        self._end_lines()
        self._records.close()
        self._rejects.close()
        return Columns(
            self._records.path,
            self._rejects.path,
            drift=self._fields.drift(is_complete=not self._left_some),
            typed=self._typed(),
            make=self._make,
        )

    def _make(self) -> None:
        if self._is_small:
            self._records.copy(f"select payload from {_lines(self._files[0])}")
        self._records.make()
        self._rejects.make()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_lines()

    def _file(self) -> BinaryIO:
        if self._lines is None or self._lines.tell() > _LINES_BYTES:
            self._end_lines()
            self._files.append(self._folder / f"{self._name}-{len(self._files)}.ndjson")
            self._lines = self._files[-1].open("wb", buffering=0)
        return self._lines

    def _end_lines(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def _look(self, records: Sequence[bytes | msgspec.Raw]) -> None:
        step = 1 if self._fields.refuses else max(1, len(records) // (_LOOK_AT * 20))
        self._left_some |= step > 1
        for record in records[::step]:
            try:
                self._fields.see(_OBJECT.decode(record))
            except (msgspec.DecodeError, RecursionError):
                continue

    def _typed(self) -> Typed | None:
        if not self._files:
            return None
        refused = unknown(self._fields) if self._fields.refuses else ""
        stream, zone = self._stream, self._time_zone
        return Typed(
            columns={name: TYPES[kind] for name, kind in stream.fields.items()},
            strict=strict_query(stream, files=self._files, time_zone=zone),
            exact=[
                exact_query(stream, file=file, time_zone=zone, refused=refused)
                for file in self._files
            ],
            is_exact_needed=self._fields.refuses,
        )


def is_typed(stream: Stream) -> bool:
    """Whether a stream can be read as columns: its key and time of change are among them."""
    change = [stream.changed.take] if stream.changed else []
    needed = [steps(field) for field in (*stream.key, *change)]
    return bool(stream.fields and stream.key) and all(
        len(names) == 1 and names[0] in stream.fields for names in needed
    )


def strict_query(stream: Stream, *, files: Sequence[Path], time_zone: str) -> str:
    # What the reader itself makes of a value is not what its text says: 1.005 is 1.00, and true 1.
    named = {**stream.fields, **{steps(field)[0]: "key" for field in stream.key}}
    change = stream.changed
    if change is not None:
        named[steps(change.take)[0]] = "text"
    columns = ", ".join(
        f"{text(name)}: '{'json' if kind == 'json' else 'varchar'}'" for name, kind in named.items()
    )
    record = ", ".join(
        f"{_name(name)} := {_name(name)}"
        if kind in ("text", "key", "json")
        else f"{_name(name)} := cast({_name(name)} as {TYPES[kind]})"
        for name, kind in stream.fields.items()
    )
    parts = [_name(steps(field)[0]) for field in stream.key]
    rounded = " or ".join(
        f"((contains({part}, 'e') or contains({part}, '.'))"
        f" and regexp_full_match({part}, {text(ROUNDED)}))"
        for part in parts
    )
    changed = _name(steps(change.take)[0]) if change else "cast(null as varchar)"
    # The keys are named once more, and each expression stands in one place: the engine would
    # work out one that stands in two of them twice.
    return f"""
        select
            coalesce(
                case when not (moment is null and changed is not null or {rounded})
                    then {key(stream, parts)} end,
                error('A record needs a closer look')
            ) as record_key,
            {_unless_never("moment")} as changed_at,
            {_HASH} as content_hash,
            record
        from (
            select *, {_quick(moment(change, time_zone=time_zone))} as moment
            from (
                select
                    {", ".join(parts)}, nullif(trim({changed}), '') as changed,
                    struct_pack({record}) as record
                from read_json(
                    {_listed(files)}, format = 'newline_delimited', columns = {{{columns}}},
                    maximum_object_size = {_LONGEST_LINE}
                )
            )
        )
    """


def _quick(moment: str) -> str:
    """The same, found without a pattern for a date as most sources write it."""
    pattern = f"regexp_full_match(changed, {text(DATE)})"
    return moment.replace(pattern, f"({_PLAIN_DATE} or {pattern})")


# Whatever fits this and can be read as a moment fits the pattern as well: a blank or a sign where a
# digit should be is less than any digit.
_PLAIN_DATE = (
    "(changed between '1901' and '3' and changed like '____-__-__T__:__%' and changed[6] >= '0'"
    " and changed[9] >= '0' and changed[10] >= '0' and changed[12] >= '0')"
)
_LONGEST_LINE = 6 * 1024 * 1024


def exact_query(stream: Stream, *, file: Path, time_zone: str, refused: str = "") -> str:
    """:param refused: SQL for the names in `keys` that no record may have; empty if all may be"""
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
        f"{_name(name)} := {_json(name) if kind == 'json' else _read(places[name], kind)}"
        for name, kind in stream.fields.items()
    )
    quarantine = (
        f"when len({refused}) > 0 then {text(UNKNOWN)} || ({refused})[1] || '.'" if refused else ""
    )
    return f"""
        select
            {key(stream, parts)} as record_key,
            nullif(trim({changed}), '') as changed,
            {moment(change, time_zone=time_zone)} as moment,
            {_unless_never("moment")} as changed_at,
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
                payload,
                case when json_valid(payload) then json_keys(payload) end as keys,
                case when json_valid(payload) then payload ->> [{listed}] end as found
            from {_lines(file)}
        )
    """


def _read(value: str, kind: str) -> str:
    if kind in ("text", "key"):
        return value
    return f"try_cast(nullif(trim({value}), '') as {TYPES[kind]})"


def _json(name: str) -> str:
    return f"case when keys is not null then nullif(payload -> {text(path((name,)))}, 'null') end"


def _lines(file: Path) -> str:
    return f"""
        read_csv(
            {text(file)}, columns = {{'payload': 'VARCHAR'}}, delim = {text(_NO_TEXT)},
            quote = '', escape = '', header = false, auto_detect = false,
            max_line_size = {_LONGEST_LINE}
        )
    """


def _listed(files: Sequence[Path]) -> str:
    return f"[{', '.join(map(text, files))}]"


def _unless_never(value: str) -> str:
    return f"case when {value} >= {NEVER} then {value} end"


def _name(field: str) -> str:
    quoted = field.replace('"', '""')
    return f'"{quoted}"'
