"""Some thousand records at a time, and those among them that nobody takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Raw

RECORD_BYTES = 5 * 1024 * 1024
# As many as a row group holds. Two of a stream are in memory: one fills, one is written.
CHUNK_RECORDS = 16_384
CHUNK_BYTES = 8 * 1024 * 1024
# Of a record that is too large, so much is kept to find it at the source.
_POINTER = 1000
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
Strip = Callable[[Raw], bytes]


@dataclass
class Chunk:
    """`records` are JSON texts of one line each; `rejects` are pairs of reason and text.

    A record stays a window into its page as long as it can: it is copied once, where it is written.
    """

    records: list[bytes | Raw] = field(default_factory=list)
    rejects: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.records) >= CHUNK_RECORDS or self.size >= CHUNK_BYTES

    def add(self, records: Sequence[Raw], *, text: bytes, strip: Strip | None) -> None:
        """Take a page.

        :param text: that they are windows into; it tells whether they ask for a second look
        :param strip: takes people out of a record; None where there is nothing to take out
        """
        texts: Sequence[bytes | Raw] = records
        if strip is not None:
            texts = [strip(record) for record in records]
        # A record may be longer than its page: hashes and a parent's fields take room.
        largest = max(len(text), max(map(len, texts), default=0))
        is_odd = largest > RECORD_BYTES or b"\n" in text or b"\r" in text
        self.records += self._taken(map(bytes, texts)) if is_odd else texts
        self.size += len(text)

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
