"""Read a Link header as RFC 8288 writes it."""

from __future__ import annotations

import re

_LINK = re.compile(
    r'<([^>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)'
)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))')


def linked(header: str, relation: str) -> str | None:
    """The address with this relation; None if there is none.

    Commas may stand in addresses, several relations in one parameter, and letters in any case.
    """
    for address, parameters in _LINK.findall(header):
        for name, quoted, plain in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and relation.lower() in (quoted or plain).lower().split():
                return str(address.strip())
    return None
