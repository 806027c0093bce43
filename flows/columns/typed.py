"""Records that are read as columns on arrival, because the stream says what its fields are.

The text of each record goes to the lake as it is. Beside it the native reader turns what it is
certain of into columns, chunk by chunk, and those wait in a file until the warehouse is open. The
few that it leaves wait as lines: the warehouse reads them value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from flows.columns.chunks import Chunk
from flows.columns.drift import Fields
from flows.columns.files import Columns, Origin, ParquetFile, write_rejects
from flows.columns.payloads import unknown
from flows.columns.typed_sql import BETWEEN, TYPES, Arrived, exact_query, lines, payloads
from flows.connectors.json_path import steps
from flows.connectors.streams import Stream
from flows.native import library
from flows.native.reader import Reader, schema

# What is read value by value takes memory by the size of its file.
_LINES_BYTES = 64 * 1024 * 1024
# So few records are not worth importing Arrow. To be read by the warehouse they take many times
# their size.
_FEW = 2000
_SMALL = 1024 * 1024
# Of more of them that have to be looked at in Python for new fields, some are.
_LOOK_AT = 2000
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Typed:
    """How a batch is read as columns; `flows.warehouse.Typed` for whoever lands it."""

    columns: Mapping[str, str]
    arrived: Callable[[], Any] | None
    quick: str
    exact: Sequence[str]
    closer: Sequence[str]


class TypedRecords:
    """Writes chunks of records as one file for the lake, and as columns for the warehouse."""

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
        self._records = ParquetFile(folder / f"{name}.parquet", ("payload",), origin=origin)
        self._rejects = ParquetFile(folder / f"{name}.rejects.parquet", ("reason", "payload"))
        self._lines = _Lines(folder, name)
        self._fields = fields or Fields(stream)
        self._arrived = _ArrivedFile(folder / f"{name}.arrow", stream, time_zone, self._fields)
        self._rows = 0
        self._has_some = False
        self._left_some = False
        self._is_small = False

    def add(self, chunk: Chunk) -> None:
        if chunk.rejects:
            write_rejects(self._rejects, chunk.rejects)
            self._has_some = True
        if len(chunk) == 0:
            return
        self._has_some = True
        # Only the last chunk is not full. If it is the first as well, its lines are all there is.
        is_little = len(chunk) <= _FEW and chunk.size <= _SMALL
        self._is_small = is_little and not self._records.is_begun and not chunk.is_full
        left: Sequence[int] = range(len(chunk))
        if not self._is_small:
            texts = chunk.texts
            self._records.write({"payload": texts}, rows=len(texts))
            if library.is_there():
                left = self._arrived.add(texts, begin=self._rows)
        for number in left:
            self._lines.add(self._rows + number, chunk[number])
        self._look(chunk, left)
        self._rows += len(chunk)

    def close(self) -> Columns:
        self._end()
        self._records.close()
        self._rejects.close()
        self._fields.see_counted(self._arrived.names)
        return Columns(
            self._records.path,
            self._rejects.path,
            drift=self._fields.drift(is_complete=not self._left_some),
            typed=self._typed() if self._has_some else None,
            make=self._make,
        )

    def _make(self) -> None:
        if self._is_small:
            [file] = self._lines.files
            self._records.copy(f"select payload from {lines(file)}")
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
        self._end()

    def _end(self) -> None:
        self._lines.close()
        self._arrived.close()

    def _look(self, chunk: Chunk, numbers: Sequence[int]) -> None:
        step = 1 if self._fields.refuses else max(1, len(numbers) // _LOOK_AT)
        self._left_some |= step > 1
        for number in numbers[::step]:
            try:
                self._fields.see(_OBJECT.decode(chunk[number]))
            except (msgspec.DecodeError, RecursionError):
                continue

    def _typed(self) -> Typed:
        left = [self._exact(lines(file)) for file in self._lines.files]
        has_arrived = self._arrived.is_begun
        if not left and not has_arrived:
            # All of them were too large: that there are none to be read is read, too.
            self._lines.begin().close()
            left = [self._exact(lines(file)) for file in self._lines.files]
        return Typed(
            columns={name: TYPES[kind] for name, kind in self._stream.fields.items()},
            arrived=self._arrived.open if has_arrived else None,
            quick=self._arrived.query if has_arrived else "",
            exact=left,
            closer=[self._exact(payloads(self._records.path))] if has_arrived else left,
        )

    def _exact(self, texts: str) -> str:
        refused = unknown(self._fields) if self._fields.refuses else ""
        return exact_query(self._stream, texts=texts, time_zone=self._time_zone, refused=refused)


class _Lines:
    """Records after their positions, in files that are not too large to be read at once."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._file: BinaryIO | None = None
        self.files: list[Path] = []

    def add(self, position: int, record: bytes) -> None:
        if self._file is None or self._file.tell() > _LINES_BYTES:
            self._file = self.begin()
        self._file.write(b"%d%s%s\n" % (position, BETWEEN.encode(), record))

    def begin(self) -> BinaryIO:
        self.close()
        self.files.append(self._folder / f"{self._name}-{len(self.files)}.lines")
        return self.files[-1].open("wb")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _ArrivedFile:
    """Columns as Arrow's messages, one for each chunk."""

    def __init__(self, path: Path, stream: Stream, time_zone: str, fields: Fields) -> None:
        self._path = path
        self._asked = Arrived(stream, time_zone)
        self._fields = fields
        self._reader: Reader | None = None
        self._writer: Any = None
        self.names: list[tuple[str, int]] = []

    @property
    def is_begun(self) -> bool:
        return self._writer is not None

    @property
    def query(self) -> str:
        return self._asked.query

    def add(self, texts: Any, *, begin: int) -> list[int]:
        """Gives the numbers of those that are left."""
        import pyarrow as pa

        if self._reader is None:
            columns = schema(self._asked.columns)
            self._writer = pa.ipc.new_stream(str(self._path), columns)
            self._reader = Reader(self._asked.columns, refuses=self._fields.refuses)
        batch, left = self._reader.read(texts, begin=begin)
        self._writer.write_batch(batch)
        return left

    def open(self) -> Any:
        import pyarrow as pa

        return pa.ipc.open_stream(pa.OSFile(str(self._path)))

    def close(self) -> None:
        if self._reader is None:
            return
        reader, self._reader = self._reader, None
        self.names = [*reader.names_seen()]
        reader.close()
        self._writer.close()


def is_typed(stream: Stream) -> bool:
    """Whether a stream can be read as columns: its key and time of change are among them."""
    change = [stream.changed.take] if stream.changed else []
    needed = [steps(field) for field in (*stream.key, *change)]
    return bool(stream.fields and stream.key) and all(
        len(names) == 1 and names[0] in stream.fields for names in needed
    )
