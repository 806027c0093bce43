"""Stages: where their files lie, and who may say so."""

from __future__ import annotations

import re
from typing import Any

from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import refused

_URL = re.compile(r"\bURL\s*=\s*'([^']+)'", re.IGNORECASE)
_INTEGRATION = re.compile(r"\bSTORAGE_INTEGRATION\s*=\s*\"?(\w+)", re.IGNORECASE)


def stage_options(call: Call) -> dict[str, Any]:
    """:raises AccountError: 003001 without USAGE on the integration, or outside its locations"""
    url = _URL.search(call.words.sql)
    if url is None:
        return {"external": False}
    if named := _INTEGRATION.search(call.words.sql):
        integration = call.state.find("INTEGRATION", (named[1].upper(),))
        call.access.require(integration, "USAGE")
        _check_location(url[1], integration.options)
    return {"external": True, "url": url[1]}


def _check_location(url: str, options: dict[str, Any]) -> None:
    allowed = options["STORAGE_ALLOWED_LOCATIONS"]
    blocked = options.get("STORAGE_BLOCKED_LOCATIONS", [])
    inside = any(place == "*" or url.startswith(place) for place in allowed)
    if not inside or any(url.startswith(place) for place in blocked):
        raise refused(f"Location '{url}' is not allowed by the integration.")
