"""Find one value in a JSON text by its dotted path, without building objects for the rest."""

from __future__ import annotations

import msgspec

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SCALAR = msgspec.json.Decoder(str | int | float | bool | None)


def raw_at(body: bytes | msgspec.Raw, path: str | None) -> msgspec.Raw | None:
    """The untouched JSON text at a path (None: the whole), or None where the path does not lead.

    :raises msgspec.DecodeError: if the text is not JSON
    """
    found = msgspec.Raw(body)
    for name in path.split(".") if path else ():
        try:
            members = _MEMBERS.decode(found)
        except msgspec.ValidationError:
            return None
        if name not in members:
            return None
        found = members[name]
    return found


def text_at(body: bytes | msgspec.Raw, path: str) -> str | None:
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
    return value if isinstance(value, str) else bytes(found).decode()
