"""A first look at a source: a few records of one stream, with the people in them hidden."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Raw

from flows.connectors.personal import Personal
from flows.connectors.reader import Reader
from flows.connectors.spec import Connector

HIDDEN = "(personal)"


def look(
    connector: Connector,
    values: Mapping[str, str],
    *,
    stream: str,
    limit: int,
    allow_private: bool,
    time_zone: tzinfo,
    clock: Callable[[], datetime],
    keep: Callable[[Mapping[str, str]], None] | None = None,
) -> list[Any]:
    """The first records of a stream, with `HIDDEN` for what does not land as it is.

    :param values: of the credentials
    :param keep: saves what a login replaced
    :raises ReadFailed, ReadInterrupted: with a sentence
    """
    found: list[Any] = []
    personal = connector.streams[stream].personal
    with (
        Reader(
            connector,
            values,
            allow_private=allow_private,
            time_zone=time_zone,
            clock=clock,
            keep=keep,
        ) as reader,
        closing(reader.pages(stream, since=None)) as pages,
    ):
        for page in pages:
            found += [hidden(record, personal) for record in page.records[: limit - len(found)]]
            if len(found) >= limit:
                break
    return found


def hidden(record: Raw | bytes, personal: Personal) -> Any:
    """A record as it is shown: numbers keep their digits, and nobody is named.

    What is not an object is shown only where nothing is personal: nobody can tell what is in it.
    """
    whole = json.loads(bytes(record), parse_float=_Digits, parse_int=_Digits)
    if not isinstance(whole, dict):
        is_plain = personal.known is None and not (personal.drop | personal.hash | personal.never)
        return whole if is_plain else HIDDEN
    return {name: _shown(value, name, personal) for name, value in whole.items()}


def _shown(value: Any, path: str, personal: Personal) -> Any:
    """:param path: of the field, dotted where it is inside of objects"""
    if personal.marked([path]) or ("." not in path and personal.unjudged([path])):
        return HIDDEN
    if personal.known is not None:
        return HIDDEN if isinstance(value, dict | list) else value
    if not personal.marks_inside(path):
        return value
    match value:
        case dict():
            return {
                name: _shown(inner, f"{path}.{name}", personal) for name, inner in value.items()
            }
        case list():
            return [_shown(each, path, personal) for each in value]
        case _:
            # A plain value in the object's place may be the name itself.
            return HIDDEN


class _Digits(str):
    """A number as the source wrote it."""

    __slots__ = ()
