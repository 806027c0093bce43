"""Look into and build up plain JSON values by the dotted paths of a connector.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Path = str | Sequence[str]


def steps(path: Path | None) -> list[str]:
    """A path as a list; one that is written as a list may have dots in its names."""
    if path is None or path == "":
        return []
    return path.split(".") if isinstance(path, str) else [str(step) for step in path]


def value_at(whole: Any, path: Path | None) -> Any:
    """The value at a path, numbers being places in lists; None where it does not lead."""
    for step in steps(path):
        if isinstance(whole, dict) and step in whole:
            whole = whole[step]
        elif isinstance(whole, list) and step.isdigit() and int(step) < len(whole):
            whole = whole[int(step)]
        else:
            return None
    return whole


def put(whole: Any, path: Path, value: Any) -> None:
    """Set the value at a path, building the objects and lists on the way."""
    *way, last = steps(path)
    for step, following in zip(way, [*way, last][1:], strict=True):
        inner = value_at(whole, [step])
        if not isinstance(inner, dict | list):
            inner = [] if following.isdigit() else {}
            _set(whole, step, inner)
        whole = inner
    _set(whole, last, value)


def leave_out(whole: Any, path: Path) -> None:
    """Remove what is at a path, if it is there."""
    *way, last = steps(path)
    inner = value_at(whole, way)
    if isinstance(inner, dict):
        inner.pop(last, None)


def _set(whole: Any, step: str, value: Any) -> None:
    if isinstance(whole, list):
        whole.extend([None] * (int(step) + 1 - len(whole)))
        whole[int(step)] = value
    else:
        whole[step] = value
