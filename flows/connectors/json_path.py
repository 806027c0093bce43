"""Find one value in a JSON text by its path, without building objects for the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from flows.connectors.grammar import JsonPath

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_SCALAR = msgspec.json.Decoder(str | int | float | bool | None)


@dataclass(frozen=True)
class _Members:
    body: bytes
    named: Mapping[str, msgspec.Raw | None]
    is_all: bool


# What is asked of a page is asked one thing after the other, and each time all of it is gone
# through. So the members of the last few are remembered, which are windows into them.
_remembered: deque[_Members] = deque(maxlen=16)
_WORTH_IT = range(4 * 1024, 2 * 1024 * 1024)


def steps(path: JsonPath | None) -> tuple[str, ...]:
    """The names a path goes through; `a.0.b` and `[a, "0", b]` are the same."""
    if path is None:
        return ()
    return path if isinstance(path, tuple) else tuple(path.split("."))


def written(path: JsonPath) -> str:
    """The path as a person reads it."""
    return ".".join(steps(path))


def raw_at(body: bytes | msgspec.Raw, path: JsonPath | None) -> msgspec.Raw | None:
    """The untouched JSON text at a path (None: the whole), or None where the path does not lead.

    A number is a place in a list, counted from 0; in an object it is a name like any other.

    :raises msgspec.DecodeError: if the text is not JSON
    """
    names = steps(path)
    found = msgspec.Raw(body)
    # A Raw is a window into a body, and a small one of its own.
    if names and type(body) is bytes and len(body) in _WORTH_IT:
        following = _member(body, names[0])
        if following is None:
            return None
        found, names = following, names[1:]
    for name in names:
        following = _step(found, name)
        if following is None:
            return None
        found = following
    return found


def text_at(body: bytes | msgspec.Raw, path: JsonPath) -> str | None:
    """The text or number at a path as text; None where there is neither."""
    found = raw_at(body, path)
    if found is None:
        return None
    try:
        value = _SCALAR.decode(found)
    except msgspec.ValidationError:
        return None
    if value is None or isinstance(value, bool):
        return None
    return value if isinstance(value, str) else bytes(found).strip().decode()


def whole_number_at(body: bytes | msgspec.Raw, path: JsonPath) -> int | None:
    """The whole number at a path, also if it is written as a text; None where there is none."""
    text = (text_at(body, path) or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def remember(body: bytes, members: Mapping[str, msgspec.Raw | None]) -> None:
    """Spare the next questions about a text some of its members, which need not be all of them.

    :param members: None for a name that it does not have
    """
    if len(body) in _WORTH_IT:
        _remembered.append(_Members(body, members, is_all=False))


def _member(body: bytes, name: str) -> msgspec.Raw | None:
    for known in list(_remembered):
        if known.body is body and (known.is_all or name in known.named):
            return known.named.get(name)
    try:
        members = _MEMBERS.decode(body)
    except msgspec.ValidationError:
        return _step(msgspec.Raw(body), name)
    _remembered.append(_Members(body, members, is_all=True))
    return members.get(name)


def _step(found: msgspec.Raw, name: str) -> msgspec.Raw | None:
    try:
        return _MEMBERS.decode(found).get(name)
    except msgspec.ValidationError:
        pass
    if not (name.isascii() and name.isdigit()):
        return None
    try:
        items = _ITEMS.decode(found)
    except msgspec.ValidationError:
        return None
    place = int(name)
    return items[place] if place < len(items) else None
