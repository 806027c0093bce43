"""Word the mistakes in a connector.yaml: where each stands, and what could stand there instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flows.connectors.defaults import is_another_style
from flows.connectors.grammar import only_of

Known = Mapping[int, list[str]]
_NOUNS = {
    "auth": "way to sign in",
    "pages": "paging",
    "load": "load",
    "throttle": "throttle",
    "as": "form of records",
    "zone": "zone",
    "drift": "policy",
    "then": "consequence",
}


def sentences(
    error: ValidationError, *, document: Mapping[str, Any], merged: Mapping[str, Any], known: Known
) -> Iterator[str]:
    """One for each mistake, sorted, with its path in the file.

    :param merged: the document with its defaults in every stream, as it was checked
    :param known: the names that are understood, by the `id` of the part of `merged` they belong to
    """
    told = set()
    for problem in error.errors(include_url=False):
        steps, here = _steps(problem["loc"], merged)
        kind = problem["type"]
        sentence = _sentence(problem, steps, here, known)
        if kind in ("union_tag_invalid", "union_tag_not_found"):
            steps = [*steps, "by"]
        path = ".".join(_in_defaults(steps, document))
        told.add(f"{path}: {sentence}" if path else sentence)
    yield from sorted(told)


def _sentence(problem: ErrorDetails, steps: list[str], here: Any, known: Known) -> str:
    context = problem.get("ctx", {})
    noun = _NOUNS.get(steps[-1], steps[-1]) if steps else ""
    match problem["type"]:
        case "extra_forbidden":
            return _unknown(steps[-1], known.get(id(here), []))
        case "union_tag_invalid":
            return only_of(noun, context["tag"], _quoted(context["expected_tags"]))
        case "union_tag_not_found":
            return f"Say which {noun}: by is missing"
        case "literal_error":
            return only_of(noun, problem["input"], _quoted(context["expected"]))
        case _:
            return problem["msg"].removeprefix("Value error, ")


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    advice = f"; did you mean {near[0]}?" if near else ". "
    return f"Extra inputs are not permitted{advice} Known here: {', '.join(known)}".replace(
        "  ", " "
    )


def _quoted(expected: Any) -> list[str]:
    """The choices out of pydantic's enumeration: `'a', 'b' or 'c'`."""
    return str(expected).split("'")[1::2]


def _steps(loc: tuple[int | str, ...], merged: Any) -> tuple[list[str], Any]:
    """Where it stands, without the tags pydantic adds, and the part of the document it is in."""
    steps: list[str] = []
    here = inside = merged
    for step in loc:
        is_there = _has(here, step)
        if is_there or step == loc[-1]:
            steps.append(str(step))
            inside = here
        if is_there:
            here = here[step]
    return steps, inside


def _has(part: Any, step: int | str) -> bool:
    if isinstance(part, list):
        return isinstance(step, int) and 0 <= step < len(part)
    return isinstance(part, Mapping) and step in part


def _in_defaults(steps: list[str], document: Mapping[str, Any]) -> list[str]:
    if len(steps) < 3 or steps[0] != "streams":
        return steps
    own = document["streams"].get(steps[1])
    defaults = document.get("defaults") or {}
    for name in steps[2:]:
        if not isinstance(own, Mapping) or not isinstance(defaults, Mapping):
            break
        if name not in own and name in defaults:
            return ["defaults", *steps[2:]]
        own, defaults = own.get(name), defaults.get(name)
        if not own or is_another_style(name, own):
            break
    return steps
