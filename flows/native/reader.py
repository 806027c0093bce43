"""Records as columns. What has one meaning is read, and every other record is left alone."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flows.native import library

_KINDS = {
    "text": (0, 0, 0),
    "key": (0, 0, 0),
    "whole": (1, 0, 0),
    "quantity": (2, 18, 3),
    "percent": (2, 9, 4),
    "money": (2, 18, 2),
    "flag": (3, 0, 0),
    "day": (4, 0, 0),
    "moment": (5, 0, 0),
    "utc moment": (6, 0, 0),
    "json": (7, 0, 0),
    "text of a moment": (8, 0, 0),
}
_TEXTS = ("text", "key", "json", "text of a moment")
_VALID, _VALUES, _CHARACTERS = range(3)


@dataclass(frozen=True)
class Column:
    """`kind` is one of a stream's fields, `utc moment`, which takes no zone but UTC, or `text of a
    moment`, which takes no text but one that is a moment with a zone or without.

    A record without the field is left, if it `is_needed`.
    """

    field: str
    kind: str
    is_needed: bool = False


class Reader:
    """Reads chunk after chunk into the same memory."""

    def __init__(self, columns: Sequence[Column], *, refuses: bool) -> None:
        """
        :param refuses: whether a record with a field that no column has is left as well
        """
        self._columns = columns
        self._library = library.load()
        self._reader = self._library.open_reader(refuses)
        for column in columns:
            name = column.field.encode()
            kind = _KINDS[column.kind]
            self._library.add_column(self._reader, name, len(name), *kind, column.is_needed)

    def read(self, texts: Any, *, begin: int) -> tuple[Any, list[int]]:
        """A record batch, and the numbers of the records in `texts` that it does not have.

        The batch has a column for each of the reader's, in their order, and `position`: the number
        of a record in `texts`, counted from `begin`. It is gone when the next one is read.

        :param texts: an Arrow array of texts without nulls
        """
        import pyarrow as pa

        self._check_open()
        _, ends, characters = texts.buffers()
        rows = self._library.read_records(
            self._reader, characters.address, ends.address, len(texts), begin
        )
        if rows < 0:
            raise RuntimeError(f"{library.FILE.name} does not work as it should")
        left = self._part(self._library.left_records(self._reader))
        position = pa.Array.from_buffers(
            pa.int64(), rows, [None, self._buffer(self._library.taken_records(self._reader))]
        )
        arrays = [self._array(pa, number, rows) for number in range(len(self._columns))]
        batch = pa.RecordBatch.from_arrays([position, *arrays], schema=schema(self._columns))
        return batch, [*memoryview(left).cast("I")]

    def names_seen(self) -> Iterator[tuple[str, int]]:
        """The fields of the records that were taken so far, and in how many each was."""
        self._check_open()
        rest = self._part(self._library.field_names(self._reader))
        while rest:
            records, length = struct.unpack_from("<QI", rest)
            yield rest[12 : 12 + length].decode(), records
            rest = rest[12 + length :]

    def close(self) -> None:
        if self._reader is not None:
            self._library.close_reader(self._reader)
            self._reader = None

    def _check_open(self) -> None:
        if self._reader is None:
            raise ValueError("The reader is closed.")

    def _array(self, pa: Any, number: int, rows: int) -> Any:
        parts = [_VALID, _VALUES]
        kind = self._columns[number].kind
        if kind in _TEXTS:
            parts.append(_CHARACTERS)
        buffers = [
            self._buffer(self._library.column_part(self._reader, number, part)) for part in parts
        ]
        return pa.Array.from_buffers(_type(pa, kind), rows, buffers)

    def _buffer(self, found: library.Bytes) -> Any:
        import pyarrow as pa

        return pa.foreign_buffer(found.start or 0, found.length, base=self)

    def _part(self, found: library.Bytes) -> bytes:
        return ctypes.string_at(found.start, found.length) if found.length else b""


def schema(columns: Sequence[Column]) -> Any:
    """Of a batch: `position`, `c0`, `c1`, … in the order of the columns."""
    import pyarrow as pa

    kinds = [(f"c{number}", _type(pa, each.kind)) for number, each in enumerate(columns)]
    return pa.schema([("position", pa.int64()), *kinds])


def _type(pa: Any, kind: str) -> Any:
    match kind:
        case "quantity" | "percent" | "money":
            _, width, scale = _KINDS[kind]
            return pa.decimal64(width, scale)
        case "moment" | "utc moment":
            return pa.timestamp("us", "UTC")
        case kind if kind in _TEXTS:
            return pa.string()
    return pa.int64()
