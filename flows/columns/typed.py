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
from flows.columns.files import Columns, Drift, Origin, ParquetFile, text, text_column
from flows.columns.found import NEVER, ROUNDED, key, moment, path, reasons
from flows.columns.payloads import NOT_AN_OBJECT, NOT_JSON, TWICE, UNKNOWN
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
# Of a large batch some records are looked at for fields that are not known; of a small one, all.
_LOOK_AT = 16
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
# No text may be in it, so that each line is one field.
_NO_TEXT = chr(1)


@dataclass(frozen=True)
class Typed:
    """How a batch is read as columns; `flows.warehouse.Typed` for whoever lands it.

    Both queries give `record_key`, `changed_at` (UTC, or null), `content_hash` and `record`, a
    struct of `columns`. `strict` ends with an error where a value is not what it should be. `exact`
    reads any, with `reason` and `payload` of what is rejected, and null for what cannot be read.
    """

    columns: Mapping[str, str]
    strict: str
    exact: str
    is_exact_needed: bool


class TypedRecords:
    """Writes chunks of records as one file for the lake, and as lines for the warehouse."""

    def __init__(self, *, folder: Path, name: str, stream: Stream, origin: Origin, time_zone: str):
        self._folder = folder
        self._name = name
        self._stream = stream
        self._time_zone = time_zone
        self._records = ParquetFile(folder / f"{name}.parquet", ("payload",), origin=origin)
        self._rejects = ParquetFile(folder / f"{name}.rejects.parquet", ("reason", "payload"))
        self._lines: BinaryIO | None = None
        self._files: list[Path] = []
        self._seen: set[str] = set()
        self._looked_at = False
        self._is_small = False

    def add(self, chunk: Chunk) -> None:
        if chunk.rejects:
            columns = zip(*chunk.rejects, strict=True)
            named = zip(("reason", "payload"), columns, strict=True)
            self._rejects.write(
                {name: text_column([value.encode() for value in values]) for name, values in named},
                rows=len(chunk.rejects),
            )
        if not chunk.records:
            return
        lines = self._file()
        lines.write(b"\n".join(chunk.records))
        lines.write(b"\n")
        self._look(chunk.records)
        # Only the last chunk is not full. If it is the first as well, its lines are all there is.
        self._is_small = not self._records.is_begun and not chunk.is_full
        if not self._is_small:
            self._records.write({"payload": text_column(chunk.records)}, rows=len(chunk.records))

    def close(self) -> Columns:
        self._end_lines()
        if self._is_small:
            self._records.copy(f"select payload from {_lines(self._files)}")
        self._records.close()
        self._rejects.close()
        return Columns(
            self._records.path, self._rejects.path, drift=self._drift(), typed=self._typed()
        )

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

    def _look(self, records: Sequence[bytes]) -> None:
        step = max(1, len(records) // (_LOOK_AT * 20))
        for record in records[::step]:
            try:
                self._seen.update(_OBJECT.decode(record))
                self._looked_at = True
            except (msgspec.DecodeError, RecursionError):
                continue

    def _drift(self) -> Drift:
        if not self._looked_at:
            return Drift()
        known = {*self._stream.fields}
        return Drift(tuple(sorted(self._seen - known)), tuple(sorted(known - self._seen)))

    def _typed(self) -> Typed | None:
        if not self._files:
            return None
        return Typed(
            columns={name: TYPES[kind] for name, kind in self._stream.fields.items()},
            strict=strict_query(self._stream, files=self._files, time_zone=self._time_zone),
            exact=exact_query(self._stream, files=self._files, time_zone=self._time_zone),
            is_exact_needed=self._stream.drift == "quarantine",
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
    if (change := stream.changed) is not None:
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
    found = key(stream, parts)
    changed, is_bad = "null", "false"
    if change is not None:
        field = _name(steps(change.take)[0])
        changed = moment(change, time_zone=time_zone).replace("changed", f"trim({field})")
        is_bad = f"nullif(trim({field}), '') is not null and ({changed}) is null"
    known = f"if({rounded} or {is_bad}, null, {found})"
    return f"""
        select
            coalesce({known}, error('A record needs a closer look')) as record_key,
            cast({_unless_never(changed)} as timestamp) as changed_at,
            cast(hash(record) as varchar) as content_hash,
            record
        from (
            select *, struct_pack({record}) as record
            from read_json(
                {_listed(files)}, format = 'newline_delimited', columns = {{{columns}}},
                maximum_object_size = {_LONGEST_LINE}
            )
        )
    """


_LONGEST_LINE = 6 * 1024 * 1024


def exact_query(stream: Stream, *, files: Sequence[Path], time_zone: str) -> str:
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
    known = f"[{', '.join(map(text, names))}]"
    unknown = f"list_filter(keys, lambda each: not list_contains({known}, each))"
    quarantine = (
        f"when len({unknown}) > 0 then {text(UNKNOWN)} || ({unknown})[1] || '.'"
        if stream.drift == "quarantine"
        else ""
    )
    return f"""
        select
            {key(stream, parts)} as record_key,
            nullif(trim({changed}), '') as changed,
            {moment(change, time_zone=time_zone)} as moment,
            {_unless_never("moment")} as changed_at,
            struct_pack({record}) as record,
            cast(hash(record) as varchar) as content_hash,
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
            from {_lines(files)}
        )
    """


def _read(value: str, kind: str) -> str:
    if kind in ("text", "key"):
        return value
    return f"try_cast(nullif(trim({value}), '') as {TYPES[kind]})"


def _json(name: str) -> str:
    return f"case when keys is not null then nullif(payload -> {text(path((name,)))}, 'null') end"


def _lines(files: Sequence[Path]) -> str:
    return f"""
        read_csv(
            {_listed(files)}, columns = {{'payload': 'VARCHAR'}}, delim = {text(_NO_TEXT)},
            quote = '', escape = '', header = false, auto_detect = false,
            max_line_size = {_LONGEST_LINE}
        )
    """


def _unless_never(value: str) -> str:
    return f"case when {value} >= {NEVER} then {value} end"


def _listed(files: Sequence[Path]) -> str:
    return f"[{', '.join(map(text, files))}]"


def _name(field: str) -> str:
    quoted = field.replace('"', '""')
    return f'"{quoted}"'
