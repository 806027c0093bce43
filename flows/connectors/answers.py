"""From the bytes of an answer to its records, without building an object for any of them."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from flows.connectors import not_numbers
from flows.connectors.depth import shallow
from flows.connectors.envelope import records_in
from flows.connectors.formats import TABLES, Records
from flows.connectors.grammar import JsonPath
from flows.connectors.graphql import errors_in
from flows.connectors.json_path import raw_at, steps, written
from flows.connectors.windows import windows
from flows.native import pages

_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)
_CHARSET = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)
_UTF_8 = codecs.getincrementaldecoder("utf-8")
_PIECE = 32 * 1024
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
    """`records` are windows into the answer, one JSON text each."""

    records: Sequence[msgspec.Raw]


@dataclass(frozen=True)
class Cut:
    """An answer as UTF-8 and its records."""

    text: bytes = field(repr=False)
    rows: Rows = field(repr=False)


def read(
    body: bytes,
    *,
    content_type: str,
    largest: int,
    records: Records,
    beside: frozenset[str] = frozenset(),
    is_graphql: bool = False,
) -> Cut:
    """An answer as its records.

    :param largest: bytes that it may have once it is unpacked
    :param beside: names, at its top, of what it will be asked for next
    :raises Malformed: if it is not whole
    :raises Unexpected: if it is something else than it should be, such as a GraphQL error
    """
    if records.form in TABLES:
        return _table(unpacked(body, largest), records)
    text = json_text(body, content_type=content_type, largest=largest)
    try:
        try:
            return _cut(text, records, beside, is_graphql=is_graphql)
        except msgspec.DecodeError:
            if (marked := not_numbers.marked(text)) is None:
                raise
            found = _cut(marked, records, beside, is_graphql=is_graphql).rows.records
            aside = Rows([not_numbers.set_aside(record) for record in found])
            return Cut(text=not_numbers.without_marks(marked), rows=aside)
    except msgspec.DecodeError:
        raise Malformed("it is not whole JSON") from None
    except RecursionError:
        raise Unexpected("data nested too deeply") from None


def _cut(text: bytes, records: Records, beside: frozenset[str], *, is_graphql: bool) -> Cut:
    if is_graphql and (said := errors_in(text)):
        raise Unexpected(f"an error: {said}")
    return Cut(text=text, rows=_rows(text, records, beside))


def unpacked(body: bytes, largest: int) -> bytes:
    """The body without the compression that a header forgot to mention.

    :raises Malformed: if it is damaged
    :raises Unexpected: if it would be larger than it may be
    """
    return _unpacked(body, largest) if body[:2] == b"\x1f\x8b" else body


def json_text(body: bytes, *, content_type: str, largest: int) -> bytes:
    """The body as UTF-8: unpacked, and without a byte order mark.

    :raises Malformed: if it is in no encoding we can tell
    """
    body = unpacked(body, largest)
    for mark, encoding in _MARKED:
        if body.startswith(mark):
            return _decoded(body, encoding).lstrip("\ufeff").encode()
    if body.isascii() or _is_utf_8(body):
        return body
    declared = _CHARSET.search(content_type)
    if declared is None:
        raise Malformed("it is not UTF-8")
    return _decoded(body, declared[1]).encode()


def _is_utf_8(body: bytes) -> bool:
    said = pages.is_utf_8(body)
    if said is not None:
        return said
    # Piece by piece: a whole page as a text takes memory that has to be found first.
    decoder = _UTF_8()
    try:
        for at in range(0, len(body), _PIECE):
            decoder.decode(body[at : at + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def rows(text: bytes, *, path: JsonPath | None) -> Rows:
    """Cut the list at a path into its records.

    :raises Malformed: if the text is not whole JSON
    :raises Unexpected: if it is something else than a list; never mistaken for an empty one
    """
    try:
        return _rows(text, Records(at=path))
    except msgspec.DecodeError:
        raise Malformed("it is not whole JSON") from None
    except RecursionError:
        raise Unexpected("data nested too deeply") from None


def _rows(text: bytes, records: Records, beside: frozenset[str] = frozenset()) -> Rows:
    if text.lstrip()[:1] == b"<":
        raise Unexpected("a web page instead of data")
    if records.form == "ndjson":
        return Rows(_ONE.decode_lines(text))
    at = steps(records.at)
    if records.form in (None, "list"):
        found = windows(text, at, beside=beside)
        if found is not None:
            return Rows(found)
        if len(at) == 1 and (listed := records_in(text, at=at[0], beside=beside)) is not None:
            return Rows(shallow(text, listed))
    return _rows_at(text, records)


def _rows_at(text: bytes, records: Records) -> Rows:
    """The same wherever they are, and what to say if they are not there."""
    found = raw_at(text, records.at)
    if found is None or (records.optional and bytes(found).strip() == b"null"):
        return _left_out(text, records)
    where = written(records.at) if records.at else "the top"
    match records.form:
        case "single":
            if bytes(found).lstrip()[:1] != b"{":
                raise Unexpected(f"something else than one record at {where}")
            return Rows([_ONE.decode(found)])
        case "values":
            try:
                return Rows(shallow(bytes(found), list(_VALUES.decode(found).values())))
            except msgspec.ValidationError:
                raise Unexpected(f"something else than an object at {where}") from None
        case _:
            try:
                return Rows(shallow(bytes(found), _ROWS.decode(found)))
            except msgspec.ValidationError:
                raise Unexpected(f"something else than a list at {where}") from None


def _left_out(text: bytes, records: Records) -> Rows:
    """No records, where an answer may be without a list.

    What may be left out is left out of an object; null is no answer.
    """
    _ONE.decode(text)
    if not records.optional or text.lstrip()[:1] != b"{":
        raise Unexpected(f"no list at {written(records.at or ())}")
    return Rows([])


def _table(body: bytes, records: Records) -> Cut:
    # Their modules are large, and most connectors read JSON.
    from flows.connectors.tables import TableInvalid, table_text

    try:
        text = table_text(body, records)
    except TableInvalid as error:
        raise Unexpected(str(error)) from None
    return Cut(text=text, rows=Rows(_ROWS.decode(text)))


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
