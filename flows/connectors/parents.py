"""What a record of a parent gives to the streams that are asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec
from msgspec import Raw

from flows.connectors.json_path import raw_at, steps
from flows.connectors.loads import ChangedParent, FullLoad
from flows.connectors.streams import Stream
from flows.connectors.templates import names_in

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_NULL = Raw(b"null")


def needed(stream: Stream) -> frozenset[str]:
    """The paths of the parent's fields that stand in the texts of a stream."""
    return frozenset(
        path
        for _, template in stream.templates()
        for name, path in names_in(template)
        if path is not None and name == stream.each
    )


def fields_of(parent: Raw, paths: Iterable[str]) -> dict[str, Raw]:
    """The JSON text of each field that is there."""
    found = {path: raw_at(parent, path) for path in paths}
    return {path: raw for path, raw in found.items() if raw is not None}


def has_lists_of_its_own(stream: Stream) -> bool:
    """Whether there is a list for each parent that says itself what changed in it.

    Each then has a bookmark of its own: that of one says nothing about another, and what is asked
    of a parent for the first time is asked for as a whole.
    """
    return not isinstance(stream.load, FullLoad | ChangedParent) and bool(needed(stream))


def list_of(fields: Mapping[str, Raw]) -> str:
    """What a list is known by from one read to the next: what stands in its question.

    A digest, for what stands there is the source's, and may be of any length.
    """
    said = sorted((path, bytes(raw).strip()) for path, raw in fields.items())
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


class Added:
    """The parent's fields `with` of a stream, to be put into the texts of its records."""

    def __init__(self, stream: Stream, parent: Raw) -> None:
        self._members = {
            name: raw_at(parent, steps(path)) or _NULL for name, path in stream.with_.items()
        }
        inside = msgspec.json.encode(self._members)[1:-1]
        self._opening = b"{" + inside
        # A name that is spelled with escapes would pass a search for it.
        self._spellings = [msgspec.json.encode(name) for name in self._members] + [b"\\u"]

    def __bool__(self) -> bool:
        return bool(self._members)

    def to(self, records: Sequence[Raw]) -> list[Raw]:
        """The records with the fields in front; a field of the same name gives way."""
        return [self._to(record) for record in records]

    def _to(self, record: Raw) -> Raw:
        text = bytes(record)
        if text[:1] != b"{":
            # What is no object is rejected later, as it came.
            return record
        if any(spelling in text for spelling in self._spellings):
            return Raw(msgspec.json.encode({**_MEMBERS.decode(text), **self._members}))
        rest = text[1:].lstrip()
        return Raw(self._opening + (b"}" if rest[:1] == b"}" else b"," + rest))
