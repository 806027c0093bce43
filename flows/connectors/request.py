"""What a read asks a source for, and where a value goes in it. Nothing in it is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Place = Literal["query", "body", "header"]
_OK = frozenset({200})


@dataclass(frozen=True, kw_only=True)
class Request:
    """A path below the base address, or a whole address that the source gave us.

    Whoever sends it refuses a `url` on another origin than the base address, unless its host is
    one of `hosts`: then it is sent over https, without anything that proves who is asking.

    :param path: quoted already
    :param body: what a POST sends as JSON
    :param statuses: those that count as answered
    :param hosts: names, or `*.example.com` for every name below
    """

    path: str = ""
    url: str | None = None
    method: Literal["GET", "POST"] = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    statuses: frozenset[int] = _OK
    hosts: frozenset[str] = frozenset()

    def put(self, place: Place, name: str, value: str | int) -> Request:
        """The request with one more value. In a body a name is a path, and numbers stay numbers."""
        match place:
            case "query":
                return replace(self, params={**self.params, name: str(value)})
            case "header":
                return replace(self, headers={**self.headers, name: str(value)})
            case "body":
                return replace(self, body=_put(self.body, name.split("."), value))

    def value(self, place: Place, name: str) -> str | None:
        """What `put` put there, as text."""
        match place:
            case "query":
                return self.params.get(name)
            case "header":
                return self.headers.get(name)
            case "body":
                return _value(self.body, name.split("."))


def _put(body: Any, steps: list[str], value: str | int) -> Any:
    """A copy of the body with the value in it; what the path passes is made where it is missing."""
    name, following = steps[0], steps[1:]
    if isinstance(body, list) and name.isdigit() and int(name) < len(body):
        place = int(name)
        changed = _put(body[place], following, value) if following else value
        return [*body[:place], changed, *body[place + 1 :]]
    members = body if isinstance(body, Mapping) else {}
    changed = _put(members.get(name), following, value) if following else value
    return {**members, name: changed}


def _value(body: Any, steps: list[str]) -> str | None:
    for name in steps:
        if isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        elif isinstance(body, Mapping) and name in body:
            body = body[name]
        else:
            return None
    return None if body is None or isinstance(body, Mapping | list) else str(body)
