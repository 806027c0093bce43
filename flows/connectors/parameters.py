"""Parameters of a request, as YAML has them and as they are sent: texts."""

from __future__ import annotations

from typing import Any


def as_texts(params: Any) -> Any:
    """What stands in YAML as a number or as yes and no, as the texts that are sent."""
    if not isinstance(params, dict):
        return params
    words = {True: "true", False: "false"}
    return {
        name: words[value]
        if isinstance(value, bool)
        else str(value)
        if isinstance(value, int | float)
        else value
        for name, value in params.items()
    }
