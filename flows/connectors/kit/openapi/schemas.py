"""What a schema says: its properties, where its list of records is, and records it could have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flows.connectors.kit.openapi.description import Description, Node, mapping, sequence, text
from flows.connectors.kit.openapi.names import LISTS, WRAPPERS, first_of, folded

# What a record is made of at most: a document may lead in circles, or mean to keep us busy.
MOST_PARTS = 50
MOST_PROPERTIES = 300
MOST_INSIDE = 20
MOST_BESIDE = 200
MOST_RECORDS = 5
FEWEST_RECORDS = 3
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True)
class Listed:
    """`path` of the list in the answer, none if it is the answer; `item` is a record's schema."""

    path: tuple[str, ...]
    item: Node
    beside: dict[tuple[str, ...], Node]


def properties(
    description: Description, schema: Any, *, seen: set[int] | None = None
) -> dict[str, Node]:
    """The properties of an object with all that it is made of, in order. Each part counts once."""
    node = description.resolved(schema)
    seen = set() if seen is None else seen
    if id(node) in seen or len(seen) > MOST_PARTS:
        return {}
    seen.add(id(node))
    found: dict[str, Node] = {}
    for part in sequence(node.get("allOf")):
        found |= properties(description, part, seen=seen)
    for name, each in islice(mapping(node.get("properties")).items(), MOST_PROPERTIES):
        found[str(name)] = description.resolved(each)
    if not found:
        for kind in ("oneOf", "anyOf"):
            for part in sequence(node.get(kind))[:1]:
                found |= properties(description, part, seen=seen)
    return dict(islice(found.items(), MOST_PROPERTIES))


def kind_of(node: Node) -> str:
    """`type`, which may be a list with null in it since OpenAPI 3.1."""
    said = node.get("type")
    kinds = [each for each in sequence(said) if each != "null"] or [said]
    if isinstance(kinds[0], str):
        return kinds[0]
    if "items" in node:
        return "array"
    return "object" if "properties" in node or "allOf" in node else ""


def listed(description: Description, schema: Any, *, of: str) -> Listed | None:
    """The one list of records in an answer; None if there is none, or it is not clear which."""
    node = description.resolved(schema)
    if kind_of(node) == "array":
        return _of_objects(description, node, path=(), beside={})
    found = properties(description, node)
    beside = dict(islice(_beside(description, found), MOST_BESIDE))
    direct = {name: each for name, each in found.items() if kind_of(each) == "array"}
    if direct:
        name = next(iter(direct)) if len(direct) == 1 else first_of((folded(of), *LISTS), direct)
        return _of_objects(description, direct[name], path=(name,), beside=beside) if name else None
    wrapper = first_of(WRAPPERS, found)
    if wrapper is None:
        return None
    inner = properties(description, found[wrapper])
    lists = {name: each for name, each in inner.items() if kind_of(each) == "array"}
    if len(lists) != 1:
        return None
    ((name, each),) = lists.items()
    return _of_objects(description, each, path=(wrapper, name), beside=beside)


def _of_objects(
    description: Description,
    node: Node,
    *,
    path: tuple[str, ...],
    beside: dict[tuple[str, ...], Node],
) -> Listed | None:
    item = description.resolved(node.get("items"))
    is_object = bool(properties(description, item)) or kind_of(item) == "object"
    return Listed(path=path, item=item, beside=beside) if is_object else None


def _beside(
    description: Description, found: dict[str, Node], *, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Node]]:
    """What an answer says beside its list, such as meta.total, two objects deep."""
    for name, each in found.items():
        here = (*above, name)
        inner = properties(description, each) if len(here) < 3 and kind_of(each) != "array" else {}
        if inner:
            yield from _beside(description, inner, above=here)
        elif kind_of(each) != "array":
            yield here, each


def records(description: Description, found: Listed, example: Any) -> list[dict[str, Any]]:
    """At least three records: the vendor's own examples first, then some made of the types."""
    inside = example
    for step in found.path:
        inside = mapping(inside).get(step)
    own = [each for each in sequence(inside) if isinstance(each, dict)]
    if isinstance(found.item.get("example"), dict):
        own.append(found.item["example"])
    own += [each for each in sequence(found.item.get("examples")) if isinstance(each, dict)]
    kept = [_without_people(each) for each in own[:MOST_RECORDS]]
    made = [_made(description, found.item, n) for n in range(1, FEWEST_RECORDS + 1 - len(kept))]
    return [each for each in [*kept, *made] if each]


def _without_people(record: dict[str, Any]) -> dict[str, Any]:
    """An example may show somebody's address; no sample of ours does."""
    plain = json.loads(json.dumps(record, default=str))
    cleaned = _EMAIL.sub("someone@example.com", json.dumps(plain))
    result: dict[str, Any] = json.loads(cleaned)
    return result


def _made(description: Description, schema: Any, number: int, *, depth: int = 0) -> dict[str, Any]:
    found = properties(description, schema).items()
    return {
        name: _value(description, name, each, number, depth=depth)
        for name, each in islice(found, MOST_INSIDE if depth else MOST_PROPERTIES)
    }


def _value(description: Description, name: str, node: Node, number: int, *, depth: int) -> Any:
    choices = sequence(node.get("enum"))
    if choices and isinstance(choices[0], str | int | float):
        return choices[0]
    match kind_of(node):
        case "object":
            return _made(description, node, number, depth=depth + 1) if depth < 1 else {}
        case "array":
            item = description.resolved(node.get("items"))
            inside = _value(description, name, item, number, depth=depth + 1) if depth < 2 else None
            return [] if inside is None else [inside]
        case "integer":
            is_moment = str(node.get("format")) in {"timestamp", "unix-time"}
            return 1_762_000_000 + 3600 * number if is_moment else number
        case "number":
            return number + 0.5
        case "boolean":
            return False
        case _:
            return _words(name, str(node.get("format") or ""), number)


def _words(name: str, form: str, number: int) -> str:
    if "email" in (folded(form), folded(name)[-5:]):
        return f"someone{number}@example.com"
    forms = {
        "date-time": f"2025-03-0{number}T10:00:00Z",
        "date": f"2025-03-0{number}",
        "uri": f"https://shop.example/{number}",
        "url": f"https://shop.example/{number}",
        "uuid": f"00000000-0000-4000-8000-00000000000{number}",
    }
    return forms.get(form, f"{text(name, most=40)} {number}")
