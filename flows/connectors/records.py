"""Take people out of a record before its first byte is written; the rest stays as sent."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Raw

from flows.connectors.spec import Personal, Stream

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)
_NOTHING = frozenset({b"null", b'""'})
Fate = Literal["drop", "hash"]


class RecordInvalid(ValueError):
    """Not a JSON object, so there is no telling what in it is personal. Keep nothing of it."""


def strip(
    record: Raw | bytes, *, stream: Stream, kept: frozenset[str], pseudonym_key: bytes
) -> bytes:
    """The record without personal fields; the bytes of every other value are untouched.

    A hashed field becomes the hex HMAC-SHA256 of its text, trimmed and in lower case, so that one
    address written in two ways is one pseudonym; null and the empty text stay. Names are compared
    without regard to case, so that a vendor's change of spelling lets nothing through. Fields the
    connector does not know stay. A stream without personal fields passes through as it is.

    :param kept: fields the tenant opted in to; what is `never` to land does not land even so
    :raises RecordInvalid: if a record of a stream with personal fields is not an object
    """
    fates = _fates(stream.personal, kept)
    if not fates:
        return bytes(record)
    try:
        members = _MEMBERS.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordInvalid(f"A record of {stream.title} is not an object.") from None
    for name in [name for name in members if name.casefold() in fates]:
        if fates[name.casefold()] == "drop":
            del members[name]
        else:
            members[name] = _pseudonym(members[name], pseudonym_key)
    return msgspec.json.encode(members)


@lru_cache(maxsize=256)
def _fates(personal: Personal, kept: frozenset[str]) -> Mapping[str, Fate]:
    opted_in = {name.casefold() for name in kept}
    fates: dict[str, Fate] = {}
    for name in personal.drop | personal.hash:
        if name.casefold() not in opted_in:
            fates[name.casefold()] = "drop" if name in personal.drop else "hash"
    return fates | {name.casefold(): "drop" for name in personal.never}


def _pseudonym(value: Raw, key: bytes) -> Raw:
    if bytes(value) in _NOTHING:
        return value
    try:
        text = _TEXT.decode(value).strip().lower()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = bytes(value).decode("utf-8", "replace")
    return Raw(b'"' + hmac.new(key, text.encode(), sha256).hexdigest().encode() + b'"')
