"""Some thousand records at a time, and those among them that nobody takes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from msgspec import Raw

from flows.connectors.windows import Windows
from flows.native import pages

RECORD_BYTES = 5 * 1024 * 1024
# As many as a row group holds. Two of a stream are in memory: one fills, one is written.
CHUNK_RECORDS = 16_384
CHUNK_BYTES = 8 * 1024 * 1024
# Of a record that is too large, so much is kept to find it at the source.
_POINTER = 1000
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
Strip = Callable[[Raw], bytes]


class Chunk:
    """Records as JSON texts of one line each, one after the other in the same memory.

    A record stays a window into its page until it is copied here. New memory for each chunk would
    cost more than filling it, so a chunk that was worked on is cleared and filled again.
    `rejects` are pairs of reason and text.
    """

    def __init__(self) -> None:
        self._memory = bytearray()
        self._ends = array("i", [0])
        self.rejects: list[tuple[str, str]] = []

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> bytes:
        number = range(len(self))[number]
        return bytes(memoryview(self._memory)[self._ends[number] : self._ends[number + 1]])

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    @property
    def size(self) -> int:
        """In bytes."""
        return self._ends[-1]

    @property
    def is_full(self) -> bool:
        return len(self) >= CHUNK_RECORDS or self.size >= CHUNK_BYTES

    @property
    def texts(self) -> Any:
        """An Arrow column, which has to be gone before the chunk is cleared."""
        import pyarrow as pa

        buffers = [None, pa.py_buffer(self._ends), pa.py_buffer(self._memory)]
        return pa.Array.from_buffers(pa.string(), len(self), buffers)

    def clear(self) -> None:
        """
        :raises BufferError: if somebody still holds `texts`, whose memory this would write over
        """
        # Of an array that Arrow looks at, nothing can be taken away.
        del self._ends[1:]
        self.rejects = []
        if len(self._memory) > 2 * CHUNK_BYTES:
            self._memory = bytearray()  # for a page as large as that there is rarely another

    def add(self, records: Sequence[Raw], *, text: bytes, strip: Strip | None) -> None:
        """Take a page.

        :param text: that they are windows into; it tells whether they ask for a second look
        :param strip: takes people out of a record; None where there is nothing to take out
        """
        if isinstance(records, Windows) and strip is None and records.largest <= RECORD_BYTES:
            self._make_room(len(records.text))
            pages.copy(
                records.text, records.places, to=self._memory, begin=self.size, ends=self._ends
            )
            return
        texts: Sequence[bytes | Raw] = records
        if strip is not None:
            texts = [strip(record) for record in records]
        # A record may be longer than its page: hashes and a parent's fields take room.
        largest = max(len(text), max(map(len, texts), default=0))
        is_odd = largest > RECORD_BYTES or b"\n" in text or b"\r" in text
        self._append(self._taken(map(bytes, texts)) if is_odd else texts)

    def _append(self, texts: Sequence[bytes | Raw]) -> None:
        joined = b"".join(texts)
        self._make_room(len(joined))
        # A bytearray would first make a copy of what is put into it.
        memoryview(self._memory)[self.size : self.size + len(joined)] = joined
        self._ends.extend(accumulate(map(len, texts), initial=self._ends.pop()))

    def _make_room(self, wanted: int) -> None:
        needed = self.size + wanted
        if needed > len(self._memory):
            larger = bytearray(max(needed, min(2 * len(self._memory), CHUNK_BYTES)))
            memoryview(larger)[: self.size] = memoryview(self._memory)[: self.size]
            self._memory = larger

    def _taken(self, texts: Iterable[bytes]) -> list[bytes]:
        taken = []
        for text in texts:
            if len(text) > RECORD_BYTES:
                reason = f"The record is larger than {RECORD_BYTES // 1024**2} MB."
                self.rejects.append((reason, _pointer(text)))
            else:
                # Line ends may only stand between the tokens of a JSON text, where a blank means
                # the same.
                taken.append(text.translate(_ON_ONE_LINE))
        return taken


def _pointer(text: bytes) -> str:
    """Its beginning as a JSON text."""
    if len(text) <= _POINTER:
        return text.decode("utf-8", "replace")
    return json.dumps(f"{text[:_POINTER].decode('utf-8', 'replace')}…", ensure_ascii=False)
