"""Take people out of a record before its first byte is written; the rest stays as sent."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Raw

from flows.connectors.personal import Personal
from flows.connectors.spec import Stream

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)
_NOTHING = frozenset({b"null", b'""'})
Fate = Literal["keep", "keep_plain", "drop", "hash"]


class RecordInvalid(ValueError):
    """Not a JSON object, so there is no telling what in it is personal. Keep nothing of it."""


def strip(
    record: Raw | bytes, *, stream: Stream, kept: frozenset[str], pseudonym_key: bytes
) -> bytes:
    """The record without personal fields; the bytes of every other value are untouched.

    A hashed field becomes the hex HMAC-SHA256 of its text, trimmed and in lower case, so that one
    address written in two ways is one pseudonym; null and the empty text stay. Names are compared
    without regard to case, so that a vendor's change of spelling lets nothing through. Fields that
    the connector does not name stay, unless it says which ones it knows: then they go, and so does
    an object or a list in a known field. A stream with nothing to take out passes through as it is.

    :param kept: fields the tenant opted in to; only what would be dropped or hashed can be kept
    :raises RecordInvalid: if a record of a stream with something to take out is not an object
    """
    fates, otherwise = _fates(stream.personal, kept)
    if not fates and otherwise == "keep":
        return bytes(record)
    try:
        members = _MEMBERS.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordInvalid(f"A record of {stream.title} is not an object.") from None
    left = {}
    for name, value in members.items():
        fate = fates.get(name.casefold(), otherwise)
        if fate == "hash":
            left[name] = _pseudonym(value, pseudonym_key)
        elif fate == "keep" or (fate == "keep_plain" and _is_plain(value)):
            left[name] = value
    return msgspec.json.encode(left)


@lru_cache(maxsize=256)
def _fates(personal: Personal, kept: frozenset[str]) -> tuple[Mapping[str, Fate], Fate]:
    """What happens to a field by its name with the case folded, and to a field not named there."""
    otherwise: Fate = "keep" if personal.known is None else "drop"
    opted_in = {name.casefold() for name in kept}
    fates: dict[str, Fate] = {name.casefold(): "keep_plain" for name in personal.known or ()}
    for name in personal.drop | personal.hash:
        fate: Fate = "drop" if name in personal.drop else "hash"
        fates[name.casefold()] = "keep" if name.casefold() in opted_in else fate
    fates |= {name.casefold(): "drop" for name in personal.never}
    return {name: fate for name, fate in fates.items() if fate != otherwise}, otherwise


def _is_plain(value: Raw) -> bool:
    return not bytes(value).startswith((b"{", b"["))


def _pseudonym(value: Raw, key: bytes) -> Raw:
    if bytes(value) in _NOTHING:
        return value
    try:
        text = _TEXT.decode(value).strip().lower()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = bytes(value).decode("utf-8", "replace")
    return Raw(b'"' + hmac.new(key, text.encode(), sha256).hexdigest().encode() + b'"')
