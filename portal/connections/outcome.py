"""What a test of a connection found, as it is kept with the connection."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flows.connectors.probe import ProbeResult


def found_by(result: ProbeResult, *, offered: Container[str], had_streams: bool) -> dict[str, Any]:
    """A login that failed says nothing about the streams: what was known of them stays.

    :param offered: the streams of its connector now, which may be another version of it
    """
    found: dict[str, Any] = {}
    if result.streams:
        found["full_read_streams"] = [
            name for name, each in result.streams.items() if not each.incremental
        ]
    if not had_streams:
        readable = [name for name, each in result.streams.items() if each.is_readable]
        found["streams"] = [name for name in readable if name in offered]
    return found


def as_json(result: ProbeResult) -> dict[str, Any]:
    readable = sum(each.is_readable for each in result.streams.values())
    return {
        "ok": readable > 0,
        "message": result.problem or _summary(readable, of=len(result.streams)),
        "streams": [
            {
                "name": name,
                "outcome": str(each.outcome),
                "message": each.sentence,
                "incremental": each.incremental,
            }
            for name, each in result.streams.items()
        ],
    }


def _summary(readable: int, *, of: int) -> str:
    if readable == 0:
        return "The login works, but no stream can be read. Ask the vendor to allow them."
    if readable == of:
        return f"All {of} streams can be read."
    return f"{readable} of {of} streams can be read."
