"""Answers with NaN or Infinity in place of a number: no JSON, though some programs write it.

Such a record is no record, since a sum with it is no sum. It is set aside as a text, to be rejected
as it came; the others of its page are as good as ever.
"""

from __future__ import annotations

import re
import secrets

import msgspec

_WORD = rb"[+-]?(?:nan|inf(?:inity)?)"
# Of a page that is broken in another way nothing has to be gone through.
_LIKELY = re.compile(rb"[:,\[]\s*" + _WORD + rb"\b", re.IGNORECASE)
# A text is passed over as a whole, and so is one without an end.
_TEXT_OR_WORD = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|(' + _WORD + rb")\b", re.IGNORECASE | re.DOTALL)
# Nobody can know it, so no source can write it.
_MARK = secrets.token_hex(12).encode()
_MARKED = re.compile(rb'"' + _MARK + rb' ([^"]+)"')
_WHY = "NaN and Infinity are no numbers, and this is no JSON: "


def marked(text: bytes) -> bytes | None:
    """The text as JSON, with a mark in place of each such word; None where there is none."""
    if _LIKELY.search(text) is None:
        return None
    return _TEXT_OR_WORD.sub(_mark, text)


def set_aside(record: msgspec.Raw) -> msgspec.Raw:
    """The record; or, if there is a mark in it, a JSON text of what the source sent."""
    text = bytes(record)
    if _MARK not in text:
        return record
    said = _MARKED.sub(rb"\1", text).decode("utf-8", "replace")
    return msgspec.Raw(msgspec.json.encode(_WHY + said))


def without_marks(text: bytes) -> bytes:
    """What else the answer says, such as where it goes on, has nothing where there was a mark."""
    return _MARKED.sub(b"null", text)


def _mark(found: re.Match[bytes]) -> bytes:
    return b'"%s %s"' % (_MARK, found[1]) if found[1] else found[0]
