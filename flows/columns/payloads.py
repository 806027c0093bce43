"""Records as text with what is known of each: the form in which every engine can land them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from flows.columns import asked
from flows.columns.chunks import Chunk
from flows.columns.drift import NAME_LENGTH, Fields, short
from flows.columns.files import (
    Columns,
    Origin,
    ParquetFile,
    engine,
    text,
    write_rejects,
)
from flows.columns.found import ROUNDED, path, reasons, told
from flows.connectors.streams import Stream

NOT_JSON = "The record is not valid JSON."
NOT_AN_OBJECT = "The record is not an object."
TWICE = "The record has a field twice."
UNKNOWN = "The record has a field that is not known: "
# More kinds of record than this, and it is data that stands in the names of its fields.
_MOST_SHAPES = 10_000


class Payloads:
    """Writes chunks of records as the two files of a batch, in the order in which they come."""

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
        self._stream = stream
        self._time_zone = time_zone
        self._fields = fields or Fields(stream)
        self._rows = 0
        columns = ("record_key", "changed_at", "content_hash", "payload")
        self._records = ParquetFile(folder / f"{name}.parquet", columns, origin=origin)
        self._rejects = ParquetFile(folder / f"{name}.rejects.parquet", ("reason", "payload"))
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._native = asked.reader_for(stream, self._fields)

    def add(self, chunk: Chunk) -> None:
        if chunk.rejects:
            write_rejects(self._rejects, chunk.rejects)
        if len(chunk) == 0:
            return
        import pyarrow.compute as pc

        found = self._found_in(chunk.texts)
        taken = pc.is_null(found["reason"])
        rows = pc.sum(taken).as_py() or 0
        if rows < len(chunk):
            left = found.filter(pc.invert(taken))
            self._rejects.write(
                {name: left[name] for name in left.column_names}, rows=left.num_rows
            )
            found = found.filter(taken)
        self._rows += rows
        names = ("record_key", "changed_at", "content_hash", "payload")
        self._records.write({name: found[name] for name in names}, rows=rows)

    def close(self) -> Columns:
        for file in (self._records, self._rejects):
            file.close()
            file.make()
        if self._native is not None:
            self._fields.see_counted(self._native.names_seen())
        self._end()
        drift = self._fields.drift(is_complete=self._rows > 0)
        return Columns(self._records.path, self._rejects.path, drift=drift)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._engine is not None:
            self._engine.close()
        if self._native is not None:
            self._native.close()

    @contextmanager
    def _holding(self, chunk: Any) -> Iterator[duckdb.DuckDBPyConnection]:
        """The engine with the chunk, which it lets go of: its memory is the next one's."""
        if self._engine is None:
            self._engine = engine()
        self._engine.register("chunk", chunk)
        try:
            yield self._engine
        finally:
            self._engine.unregister("chunk")

    def _found_in(self, payload: Any) -> Any:
        """What is known of each record, in their order, with the record itself."""
        if self._native is None:
            return self._found(payload)
        import pyarrow as pa

        batch, left = self._native.read(payload, begin=0)
        if not left:
            return self._found_in_columns(batch, payload)
        position, others = batch["position"], pa.array(left, pa.int64())
        found = [
            self._found_in_columns(batch, payload.take(position)).append_column(
                "position", position
            ),
            self._found(payload.take(others)).append_column("position", others),
        ]
        return pa.concat_tables(found).sort_by("position").drop_columns("position")

    def _found_in_columns(self, batch: Any, payload: Any) -> Any:
        import pyarrow as pa

        with self._holding(pa.table(batch).append_column("payload", payload)) as db:
            found = db.sql(asked.query(self._stream, time_zone=self._time_zone))
            return found.to_arrow_table().append_column("payload", payload)

    def _found(self, payload: Any) -> Any:
        import pyarrow as pa

        with self._holding(pa.table({"payload": payload})) as db:
            try:
                is_odd = self._look(db)
            except duckdb.Error:
                # Of what is no JSON the engine reads nothing at all, so it has to be found first.
                self._look(db, "where json_valid(payload)")
                is_odd = True
            asked_for = query(
                self._stream,
                time_zone=self._time_zone,
                is_odd=is_odd,
                refused=unknown(self._fields) if self._fields.refuses else "",
            )
            return db.sql(asked_for).to_arrow_table().append_column("payload", payload)

    def _look(self, db: duckdb.DuckDBPyConnection, where: str = "") -> bool:
        """Note the names of fields. Whether a record asks for a closer look."""
        # By their hash, because comparing the lists of all records takes longer than making them.
        shapes = db.execute(
            "select any_value(keys), count(*)"
            f" from (select json_keys(payload) as keys from chunk {where})"
            f" group by hash(keys) limit {_MOST_SHAPES}"
        ).fetchall()
        for keys, records in shapes:
            self._fields.see(keys or (), records=records)
        if len(shapes) == _MOST_SHAPES or (self._fields.refuses and self._fields.has_new):
            return True
        return any(not keys or len(keys) != len({*keys}) for keys, _ in shapes)


def query(stream: Stream, *, time_zone: str, is_odd: bool, refused: str = "") -> str:
    """The query that finds key, time of change, hash and reason of rejection of `chunk`.

    :param is_odd: whether there may be records in it that are no object
    :param refused: SQL for the names in `keys` that no record may have; empty if all may be
    """
    change = stream.changed
    paths = [path(field) for field in stream.key] + ([path(change.take)] if change else [])
    listed = ", ".join(map(text, paths)) or "'$'"
    values = [f"found[{number}]" for number, _ in enumerate(stream.key, start=1)]
    why = reasons(stream)
    rounded = " or ".join(
        f"(regexp_full_match({value}, {text(ROUNDED)})"
        f" and json_type(payload, {text(path(field))}) = 'DOUBLE')"
        for value, field in zip(values, stream.key, strict=True)
    )
    found = f"payload ->> [{listed}]"
    return told(
        stream,
        parts=values,
        changed=f"found[{len(paths)}]" if change else "",
        time_zone=time_zone,
        rules=f"""
            {_odd(refused) if is_odd else ""}
            when record_key is null then {text(why["key"])}
            when {rounded or "false"} then {text(why["rounded"])}
        """,
        source=f"""(
            select
                payload,
                {_only_valid("json_keys(payload)") if is_odd else "null"} as keys,
                {_only_valid(found) if is_odd else found} as found
            from chunk
        )""",
    )


def _only_valid(found: str) -> str:
    return f"case when json_valid(payload) then {found} end"


def _odd(refused: str) -> str:
    rules = [
        ("keys is null", text(NOT_JSON)),
        ("json_type(payload) <> 'OBJECT'", text(NOT_AN_OBJECT)),
        ("len(keys) <> list_unique(keys)", text(TWICE)),
    ]
    if refused:
        rules.append((f"len({refused}) > 0", f"{text(UNKNOWN)} || ({refused})[1] || '.'"))
    return " ".join(f"when {rule} then {reason}" for rule, reason in rules)


def unknown(fields: Fields) -> str:
    """SQL for those of the names in `keys` that are not known."""
    known = f"[{', '.join(map(text, sorted(map(short, fields.known))))}]"
    judged = f"[{', '.join(map(text, sorted(fields.judged)))}]"
    return (
        f"list_filter(keys, lambda each: not list_contains({known}, left(each, {NAME_LENGTH}))"
        f" and not list_contains({judged}, lower(each)))"
    )
