"""The object around a list of records: the list, and what paging asks of the rest, in one pass."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from flows.connectors.json_path import remember

_LIST = "found"
# No value of JSON is an empty text.
_ABSENT = msgspec.Raw(b"")
# No name of a decoder's field may have them.
_ODD = re.compile(r'["\\\x00-\x1f]')


def records_in(text: bytes, *, at: str, beside: frozenset[str]) -> list[msgspec.Raw] | None:
    """The items of the list that an object has by a name, as windows into the text.

    What it has by the other names is remembered for whoever asks `raw_at` for it next.

    :param beside: the other names
    :returns: None where there is no such list, for whoever can tell what there is
    :raises msgspec.DecodeError: if the text is not JSON
    """
    if _ODD.search(at):
        return None
    try:
        found = _decoder(at, beside).decode(text)
    except msgspec.ValidationError:
        return None
    remember(text, {name: getattr(found, field) or None for field, name in _fields(at, beside)})
    records: list[msgspec.Raw] = getattr(found, _LIST)
    return records


@lru_cache(maxsize=256)
def _decoder(at: str, beside: frozenset[str]) -> msgspec.json.Decoder[Any]:
    others = [(field, msgspec.Raw, _ABSENT) for field, _ in _fields(at, beside)]
    shape = msgspec.defstruct(
        "Envelope",
        [(_LIST, list[msgspec.Raw]), *others],
        rename={_LIST: at, **dict(_fields(at, beside))},
        gc=False,
    )
    return msgspec.json.Decoder(shape)


def _fields(at: str, beside: frozenset[str]) -> list[tuple[str, str]]:
    """What we call each of them, whatever signs its name has; what is left out is looked up."""
    names = sorted(name for name in beside if name != at and not _ODD.search(name))
    return [(f"beside_{number}", name) for number, name in enumerate(names)]
