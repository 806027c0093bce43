"""People in the records of a simulated source, marked so that it shows whether they went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flows.connectors.kit.folder import Record

# Put into every text about people: whatever a record keeps of it was not taken out.
PERSON = "CANARY-person"
_KINDS = ("drop", "hash", "never")


def mark_people(record: Record, spec: Mapping[str, Any]) -> None:
    """Mark every personal field; one that the record does not have is added.

    :param record: with the source's own names, which the reader may change
    """
    named = [name for kind in _KINDS for name in (spec.get("personal") or {}).get(kind) or ()]
    folded = {name.casefold() for name in named}
    fields = _fields(spec)
    for name, value in record.items():
        record[name] = _within(value, fields.get(name, name).casefold(), folded)
    shown = {fields.get(name, name).casefold() for name in record}
    for name in named:
        if "." not in name and name.casefold() not in shown:
            record[name] = PERSON


def still_there(record: Record, names: frozenset[str]) -> list[str]:
    """Those of the names, dotted where they are inside of objects, that the record has."""
    found = set(_paths(record))
    return sorted(name for name in names if name.casefold() in found)


def _fields(spec: Mapping[str, Any]) -> Mapping[str, str]:
    records = spec.get("records")
    columns = records.get("columns") if isinstance(records, dict) else None
    return columns if isinstance(columns, dict) else {}


def _within(value: Any, path: str, named: set[str]) -> Any:
    if path in named:
        return _marked(value)
    inside = [name.removeprefix(f"{path}.") for name in named if name.startswith(f"{path}.")]
    if not inside:
        return value
    match value:
        case dict():
            known = {
                name: _within(inner, f"{path}.{name.casefold()}", named)
                for name, inner in value.items()
            }
            shown = {name.casefold() for name in known}
            missing = {name: PERSON for name in inside if "." not in name and name not in shown}
            return {**known, **missing}
        case list():
            return [_within(each, path, named) for each in value]
        case _:
            return _marked(value)


def _marked(value: Any) -> Any:
    match value:
        case str():
            return f"{PERSON} {value}"
        case dict():
            return {name: _marked(inner) for name, inner in value.items()}
        case list():
            return [_marked(inner) for inner in value]
        case _:
            return value


def _paths(value: Any, path: str = "") -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                below = f"{path}.{name}" if path else name
                yield below.casefold()
                yield from _paths(inner, below)
        case list():
            for each in value:
                yield from _paths(each, path)
