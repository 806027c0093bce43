"""What is particular about GraphQL: questions are POSTs, and errors come with status 200."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from flows.connectors.json_path import raw_at, text_at

_ERRORS = msgspec.json.Decoder(list[Raw])
_LONGEST = 200


def graphql_body(query: str, body: Any) -> dict[str, Any]:
    """The question as it is sent. Values only go into the variables, never into its text."""
    return {"query": query, "variables": {}, **(body or {})}


def errors_in(text: bytes) -> str | None:
    """What the answer complains about, shortened; None if it does not.

    Data beside errors is incomplete, and there is no telling where: it counts as none.

    :raises msgspec.DecodeError: if it is not JSON
    """
    found = raw_at(text, "errors")
    if found is None or bytes(found).strip() in (b"null", b"[]"):
        return None
    try:
        errors = _ERRORS.decode(found)
    except msgspec.ValidationError:
        errors = [found]
    said = text_at(errors[0], "message") or "it does not say which"
    return " ".join(said.split())[:_LONGEST]
