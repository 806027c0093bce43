"""Lists that are asked for each record of another list, where it is plain which one that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.connectors.kit.openapi import names

_NESTED = re.compile(r"(?P<above>[^{}]+)/\{(?P<name>[^{}]+)\}(?P<rest>/[^{}]+)")
# What may stand in braces behind the name of a stream and a dot.
_FIELD = re.compile(r"[\w-]+", re.ASCII)


@dataclass
class DraftedStream:
    """A stream as it stands in connector.yaml, and what a person has to look at.

    `fields` are the names that its records have in the document.
    """

    name: str
    said: dict[str, Any]
    records: list[dict[str, Any]]
    checks: list[str] = field(default_factory=list)
    fields: Sequence[str] = ()


@dataclass(frozen=True)
class Above:
    """`field` of each record of `stream` stands in the path of the list below."""

    stream: DraftedStream
    field: str
    below: str

    @property
    def path(self) -> str:
        return f"{self.stream.said['path']}/{{{self.stream.name}.{self.field}}}{self.below}"

    @property
    def plain_path(self) -> str:
        """The path without the record above, of which a name can be made."""
        return f"{self.stream.said['path']}{self.below}"

    def add_to(self, stream: DraftedStream) -> None:
        """Say of a stream that it is the list below, and that its records know which one's."""
        single = names.single(self.stream.name)
        added = f"{single}_{names.snake(self.field)}"
        key = stream.said["key"]
        stream.said = {
            "path": self.path,
            "each": self.stream.name,
            "with": {added: self.field},
            **{word: said for word, said in stream.said.items() if word != "path"},
        }
        stream.checks.append(
            f"each: Is {self.field} of {self.stream.name} what stands in this address?"
        )
        if key != "content":
            stream.said["key"] = [added, *key]
            stream.checks.append(f"key: Without {added}, does {key[0]} tell all records apart?")


def above(path: str, streams: Sequence[DraftedStream]) -> Above | None:
    """The list whose records a path names; None if none of the streams is at the path before it."""
    found = _NESTED.fullmatch(path.strip("/"))
    if found is None:
        return None
    stream = next((each for each in streams if each.said["path"] == found["above"]), None)
    if stream is None:
        return None
    word = names.folded(found["name"])
    named = [each for each in stream.fields if names.folded(each) == word]
    key = stream.said["key"]
    chosen = named[0] if named else key[0] if key != "content" else ""
    personal = {each for marked in stream.said.get("personal", {}).values() for each in marked}
    if not _FIELD.fullmatch(chosen) or chosen in personal:
        return None
    return Above(stream, chosen, found["rest"])
