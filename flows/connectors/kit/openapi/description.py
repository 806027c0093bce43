"""Read a vendor's OpenAPI document: bounded, and never beyond its own text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import yaml

MB = 1024 * 1024
LARGEST_JSON = 32 * MB
# YAML takes a hundred times as long to read.
LARGEST_YAML = 8 * MB
DEEPEST = 100
MOST_PATHS = 20_000
MOST_HOPS = 50

Node = Mapping[str, Any]


class OpenApiInvalid(Exception):
    """It is no OpenAPI document that can be drafted from; the text says why."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # by machine
    """Plain values; a day stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for letter, found in _Loader.yaml_implicit_resolvers.items()
}


class Description:
    """An OpenAPI 3 or Swagger 2 document, whose references lead to places in itself alone."""

    def __init__(self, document: Node) -> None:
        self.document = document
        self.is_swagger = str(document.get("swagger", "")).startswith("2")

    @property
    def paths(self) -> Node:
        return mapping(self.document.get("paths"))

    def resolved(self, value: Any) -> Node:
        """What a node says, or the node that it refers to; nothing if that leads in a circle."""
        for _ in range(MOST_HOPS):
            node = mapping(value)
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            value = self._at(reference)
        return {}

    def _at(self, reference: str) -> Any:
        here: Any = self.document
        for step in reference.removeprefix("#").split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(here, list) and name.isdigit() and int(name) < len(here):
                here = here[int(name)]
            else:
                here = mapping(here).get(name)
        return here


def read_description(content: bytes) -> Description:
    """
    :raises OpenApiInvalid: if it is too large or too deep, is no OpenAPI 3 or Swagger 2, or refers
        to other documents
    """
    document = _parsed(content)
    if not isinstance(document, dict):
        raise OpenApiInvalid("It is no OpenAPI document: it must be an object with paths.")
    version = str(document.get("openapi") or document.get("swagger") or "")
    if not re.match(r"3\.|2\.0|2$", version):
        raise OpenApiInvalid("It is neither OpenAPI 3 nor Swagger 2: it says openapi nowhere.")
    _check(document)
    description = Description(document)
    if not description.paths:
        raise OpenApiInvalid("It has no paths, so there is nothing to read.")
    if len(description.paths) > MOST_PATHS:
        raise OpenApiInvalid(f"It has more than {MOST_PATHS} paths. Cut it down to those you need.")
    return description


def mapping(value: Any) -> Node:
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any, *, most: int = 120) -> str:
    """A vendor's words on one line, fit for a comment."""
    words = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    plain = "".join(letter for letter in words if letter.isprintable())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _parsed(content: bytes) -> Any:
    is_json = content.lstrip()[:1] in (b"{", b"[")
    largest = LARGEST_JSON if is_json else LARGEST_YAML
    if len(content) > largest:
        raise OpenApiInvalid(f"It is larger than {largest // MB} MB. Cut it down to what you need.")
    try:
        decoded = content.decode("utf-8-sig")
        return json.loads(decoded) if is_json else _parsed_yaml(decoded)
    except UnicodeDecodeError as error:
        raise OpenApiInvalid("It is no UTF-8 text.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise OpenApiInvalid(f"It is neither JSON nor YAML: {text(str(error))}") from error
    except RecursionError as error:
        raise OpenApiInvalid("It is nested too deeply.") from error


def _parsed_yaml(decoded: str) -> Any:
    depth = 0
    # Looked through before anything is built of it: aliases can make a gigabyte of a kilobyte.
    for event in yaml.parse(decoded, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else "?"
            raise OpenApiInvalid(f"line {line}: It uses aliases. Convert it to JSON first.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise OpenApiInvalid("It is nested too deeply.")
    return yaml.load(decoded, Loader=_Loader)  # noqa: S506 - a SafeLoader


def _check(document: Node) -> None:
    """:raises OpenApiInvalid: if it is too deep or refers to another document"""
    for depth, node in _nodes(document):
        if depth > DEEPEST:
            raise OpenApiInvalid("It is nested too deeply.")
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            raise OpenApiInvalid(
                f"It refers to another document, {text(reference)}. Nothing is fetched: bundle it"
                " into one file first."
            )


def _nodes(document: Any) -> Iterator[tuple[int, Node]]:
    """Every object with its depth, without recursion."""
    waiting: list[tuple[int, Any]] = [(0, document)]
    while waiting:
        depth, value = waiting.pop()
        if isinstance(value, dict):
            yield depth, value
            waiting += [(depth + 1, each) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(depth + 1, each) for each in value]
        if depth > DEEPEST + 1:
            raise OpenApiInvalid("It is nested too deeply.")
