"""What is particular about GraphQL: questions are POSTs, and errors come with status 200.

A question of some length stands in a file of its own beside the connector.yaml, which names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import Raw

from flows.connectors.document import LARGEST, DocumentInvalid
from flows.connectors.json_path import raw_at, text_at

SUFFIX = ".graphql"
_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}\.graphql")
_ERRORS = msgspec.json.Decoder(list[Raw])
_LONGEST = 200


def with_questions(document: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """The document with the text of each file where its name stood.

    In the defaults `{stream}` stands for the name of the stream.

    :param files: the texts of all files of GraphQL beside it, by their names
    :raises DocumentInvalid: if a file is missing, empty or nobody's, or they are too large
    """
    whole, asked = deepcopy(dict(document)), set()
    for stream, part, said in _parts(whole):
        # What is a question itself ends with a bracket.
        if isinstance(said, str) and said.strip().endswith(SUFFIX):
            name = said.strip().replace("{stream}", stream)
            part["graphql"] = _question(f"streams.{stream}.graphql", name, files)
            asked.add(name)
    if unused := sorted(files.keys() - asked):
        raise DocumentInvalid(f"{unused[0]}: No stream asks it. Name it in graphql, or remove it")
    if sum(map(len, files.values())) > LARGEST:
        raise DocumentInvalid(f"{min(asked)}: All questions are larger than {LARGEST >> 10} KiB")
    return whole


def _parts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Each stream by its name, with what it says of its question."""
    defaults, streams = document.get("defaults"), document.get("streams")
    usual = defaults.get("graphql") if isinstance(defaults, dict) else None
    for name, part in streams.items() if isinstance(streams, dict) else ():
        if isinstance(part, dict):
            yield str(name), part, part.get("graphql", usual)


def _question(where: str, name: str, files: Mapping[str, str]) -> str:
    if not _FILE.fullmatch(name):
        raise DocumentInvalid(
            f"{where}: Write the name of a file beside connector.yaml in small letters, like"
            " orders.graphql"
        )
    if name not in files:
        raise DocumentInvalid(f"{where}: There is no file {name} beside connector.yaml")
    if not files[name].strip():
        raise DocumentInvalid(f"{name}: It is empty. Write the question of {where} into it")
    return files[name]


def graphql_body(query: str, body: Any) -> dict[str, Any]:
    """The question as it is sent. Values only go into the variables, never into its text."""
    return {"query": query, "variables": {}, **(body or {})}


def errors_in(text: bytes) -> str | None:
    """What the answer complains about, shortened; None if it does not.

    Data beside errors is incomplete, and there is no telling where: it counts as none.

    :raises msgspec.DecodeError: if it is not JSON
    """
    found = raw_at(text, "errors")
    if found is None or bytes(found).strip() in (b"null", b"[]"):
        return None
    try:
        errors = _ERRORS.decode(found)
    except msgspec.ValidationError:
        errors = [found]
    said = text_at(errors[0], "message") or "it does not say which"
    return " ".join(said.split())[:_LONGEST]
