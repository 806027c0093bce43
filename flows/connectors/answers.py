"""From the bytes of an answer to its records, without building an object for any of them."""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass

import msgspec

from flows.connectors.json_path import raw_at

_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_CHARSET = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)
_MARKED = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Malformed(Exception):
    """Not JSON, or not all of it. It may have been cut short, so it is worth another try."""


class Unexpected(Exception):
    """A whole answer, but not the list it should be. Another try rarely helps."""


@dataclass(frozen=True)
class Rows:
    """`text` is the array's own JSON text; `records` are windows into it, one per record."""

    text: msgspec.Raw
    records: list[msgspec.Raw]


def json_text(body: bytes, *, content_type: str, largest: int) -> bytes:
    """The body as UTF-8: unpacked where a header forgot to say so, without a byte order mark.

    :raises Malformed: if it is in no encoding we can tell
    """
    if body[:2] == b"\x1f\x8b":
        body = _unpacked(body, largest)
    for mark, encoding in _MARKED:
        if body.startswith(mark):
            return _decoded(body, encoding).lstrip("\ufeff").encode()
    try:
        body.decode()
    except UnicodeDecodeError:
        declared = _CHARSET.search(content_type)
        if declared is None:
            raise Malformed("it is not UTF-8") from None
        return _decoded(body, declared[1]).encode()
    return body


def rows(text: bytes, *, path: str | None) -> Rows:
    """Cut the list at a path into its records.

    :raises Malformed: if the text is not whole JSON
    :raises Unexpected: if it is something else than a list; never mistaken for an empty one
    """
    if text.lstrip()[:1] == b"<":
        raise Unexpected("a web page instead of data")
    try:
        found = raw_at(text, path)
        if found is None:
            raise Unexpected(f"no list at {path}")
        return Rows(text=found, records=_ROWS.decode(found))
    except msgspec.ValidationError:
        raise Unexpected(f"something else than a list at {path or 'the top'}") from None
    except msgspec.DecodeError:
        raise Malformed("it is not whole JSON") from None
    except RecursionError:
        raise Unexpected("data nested too deeply") from None


def _unpacked(body: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, largest)
    except zlib.error:
        raise Malformed("its compression is damaged") from None
    if unpacker.unconsumed_tail:
        raise Unexpected(f"more than {largest >> 20} MB")
    if not unpacker.eof:
        raise Malformed("it was cut short")
    return text


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Malformed(f"it is not {encoding[:20]}") from None
