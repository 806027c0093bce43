"""Take people out of a record before its first byte is written; the rest stays as sent."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Raw

from flows.connectors.personal import Personal
from flows.connectors.streams import Stream

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_ELEMENTS = msgspec.json.Decoder(list[Raw])
_TEXT = msgspec.json.Decoder(str)
_NOTHING = frozenset({b"null", b'""'})
# Of the names that were taken out. A source may put data where names belong.
_MOST_NAMES = 1000
Fate = Literal["keep", "keep_plain", "drop", "hash"]


class RecordInvalid(ValueError):
    """Not a JSON object, so there is no telling what in it is personal. Keep nothing of it."""


def strip(
    record: Raw | bytes,
    *,
    stream: Stream,
    kept: frozenset[str],
    pseudonym_key: bytes,
    gone: set[str] | None = None,
) -> bytes:
    """The record without personal fields; the bytes of every other value are untouched.

    A hashed field becomes the hex HMAC-SHA256 of its text, trimmed and in lower case, so that one
    address written in two ways is one pseudonym; null and the empty text stay. Names are compared
    without regard to case, so that a vendor's change of spelling lets nothing through. Fields that
    the connector does not name stay, unless it says which ones it knows: then they go, and so does
    an object or a list in a known field. A stream with nothing to take out passes through as it is.
    Where a record is to be rejected for a field that nobody has judged, the field stays as null.

    :param kept: fields the tenant opted in to; only what would be dropped or hashed can be kept
    :param gone: takes the names, but not without end, of the fields that were taken out
    :raises RecordInvalid: if a record of a stream with something to take out is not an object
    """
    fates = _fates(stream.personal, kept)
    if fates.is_nothing:
        return bytes(record)
    taken: set[str] = set() if gone is None or stream.drift == "quarantine" else gone
    try:
        left = _left(record, fates, key=pseudonym_key, gone=taken)
        if stream.drift == "quarantine":
            left |= dict.fromkeys(stream.personal.unjudged(taken), Raw(b"null"))
        return msgspec.json.encode(left)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordInvalid(f"A record of {stream.title} is not an object.") from None


@dataclass(frozen=True)
class _Fates:
    """What happens to a field by its name with the case folded, and to a field not named here.

    `inside` says it for the fields of an object, by the name of the object.
    """

    here: Mapping[str, Fate]
    inside: Mapping[str, _Fates]
    otherwise: Fate = "keep"

    @property
    def is_nothing(self) -> bool:
        return not self.here and not self.inside and self.otherwise == "keep"


@lru_cache(maxsize=256)
def _fates(personal: Personal, kept: frozenset[str]) -> _Fates:
    otherwise: Fate = "keep" if personal.known is None else "drop"
    opted_in = {name.casefold() for name in kept}
    fates: dict[str, Fate] = {name.casefold(): "keep_plain" for name in personal.known or ()}
    for name in personal.drop | personal.hash:
        fate: Fate = "drop" if name in personal.drop else "hash"
        fates[name.casefold()] = "keep" if name.casefold() in opted_in else fate
    fates |= {name.casefold(): "drop" for name in personal.never}
    said = {name: fate for name, fate in fates.items() if fate != otherwise}
    return _grouped(said, otherwise)


def _grouped(fates: Mapping[str, Fate], otherwise: Fate) -> _Fates:
    inside: dict[str, dict[str, Fate]] = {}
    for name, fate in fates.items():
        head, dot, rest = name.partition(".")
        if dot:
            inside.setdefault(head, {})[rest] = fate
    return _Fates(
        here=fates,  # with dots, too: a source may write contact.name as the name of one field
        inside={head: _grouped(named, "keep") for head, named in inside.items()},
        otherwise=otherwise,
    )


def _left(
    value: Raw | bytes, fates: _Fates, *, key: bytes, gone: set[str] | None = None
) -> dict[str, Raw]:
    """What is left of an object. What is not goes by its name into `gone`."""
    left = {}
    for name, member in _MEMBERS.decode(value).items():
        folded = name.casefold()
        fate = fates.here.get(folded, fates.otherwise)
        if folded in fates.inside:
            if (rest := _rest(member, fates.inside[folded], key=key)) is not None:
                left[name] = rest
        elif fate == "hash":
            left[name] = _pseudonym(member, key)
        elif fate == "keep" or (fate == "keep_plain" and _is_plain(member)):
            left[name] = member
        elif gone is not None and len(gone) < _MOST_NAMES:
            gone.add(name)
    return left


def _rest(value: Raw, fates: _Fates, *, key: bytes) -> Raw | None:
    """What is left of an object, or of each object of a list; of a plain value nothing is."""
    text = bytes(value)
    if text.startswith(b"{"):
        return Raw(msgspec.json.encode(_left(value, fates, key=key)))
    if text.startswith(b"["):
        rests = [_rest(element, fates, key=key) for element in _ELEMENTS.decode(value)]
        return Raw(msgspec.json.encode([rest for rest in rests if rest is not None]))
    return value if text in _NOTHING else None


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
