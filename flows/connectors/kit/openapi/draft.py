"""Draft a connector's folder from a vendor's OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.connectors.document import DocumentInvalid, parse_document
from flows.connectors.kit.openapi.access import Access, access_of
from flows.connectors.kit.openapi.children import DraftedStream
from flows.connectors.kit.openapi.description import Description, OpenApiInvalid, mapping, text
from flows.connectors.kit.openapi.lists import Lists, lists_of
from flows.connectors.kit.openapi.names import snake
from flows.connectors.spec import ConnectorInvalid, parse_connector

MOST_LEFT_OUT = 50
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*( [A-Za-z0-9_]+)*")
_LONGEST_KEY = 1000
# What YAML would read as something else than a text.
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


@dataclass(frozen=True)
class Draft:
    """A folder's files by path. `checks` is how many things a person has to look at."""

    name: str
    files: Mapping[str, str]
    streams: tuple[str, ...]
    left_out: tuple[str, ...]
    checks: int


def draft(description: Description, *, name: str | None = None) -> Draft:
    """
    :param name: of the connector; made of the document's title if left out
    :raises OpenApiInvalid: if it has no list that could be read, or no usable name
    """
    info = mapping(description.document.get("info"))
    title = re.sub(r"[{}]", "", text(info.get("title"), most=60)).strip() or "Unnamed"
    chosen = name or re.sub(r"_(api|rest|openapi|swagger|v?[0-9]+)\b", "", snake(title))
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", chosen or "") or len(chosen) > 40:
        raise OpenApiInvalid(
            "Give the connector a name of small letters, digits and single underscores."
        )
    lists, access = lists_of(description), access_of(description)
    if not lists.streams:
        raise OpenApiInvalid(
            "It has no list that could be read: no GET answers with an array of objects."
        )
    document = _document(chosen, title, access, lists, version=text(info.get("version"), most=40))
    _check(chosen, document)
    files = {"connector.yaml": document, "docs.md": _docs(title, lists)}
    for stream in lists.streams:
        shown = json.dumps(stream.records, indent=2, ensure_ascii=False, default=str)
        files[f"samples/{stream.name}.json"] = f"{shown}\n"
    return Draft(
        name=chosen,
        files=files,
        streams=tuple(each.name for each in lists.streams),
        left_out=tuple(lists.left_out),
        checks=document.count("# check: "),
    )


def _check(name: str, document: str) -> None:
    """:raises OpenApiInvalid: if what we wrote cannot be read; the vendor's names may be odd"""
    try:
        parse_connector(name=name, document=parse_document(document))
    except (ConnectorInvalid, DocumentInvalid) as error:
        raise OpenApiInvalid(f"No connector could be made of it: {error}.") from error


def _document(name: str, title: str, access: Access, lists: Lists, *, version: str) -> str:
    head = _head(name, title, access, version, probe=lists.streams[0].name)
    return "\n".join([*head, *_streams(lists), ""])


def _head(name: str, title: str, access: Access, version: str, *, probe: str) -> Iterator[str]:
    yield f"# Drafted from the vendor's OpenAPI document, version {version or 'unknown'}."
    yield "# Each line with `check:` is a guess, for somebody to compare with the vendor's words."
    yield f"name: {name}"
    yield f"title: {written(title)}"
    yield "preview: true"
    yield "credentials:" if access.credentials else "credentials: {}"
    for field, said in access.credentials.items():
        yield f"  {field}: {written(said)}"
    yield "client:"
    for check in access.checks:
        yield f"  # check: {check}"
    yield f"  base_url: {written(access.base_url)}"
    yield f"  auth: {written(access.auth)}"
    yield "  requests_per_second: 1  # check: what does the vendor allow?"
    yield f"  probe: {probe}  # check: is it there for every account?"
    yield "failures:"
    yield f"  401: {written(f'{title} does not accept the credentials. Enter new ones.')}"
    yield (
        "  403: " + written(f"The credentials may not read {{stream}} at {title}. Allow it there.")
    )


def _streams(lists: Lists) -> Iterator[str]:
    yield "streams:"
    for stream in lists.streams:
        yield from _stream(stream)
    if lists.left_out:
        yield "# Not drafted:"
        for sentence in lists.left_out[:MOST_LEFT_OUT]:
            yield f"#   {sentence}"
        if len(lists.left_out) > MOST_LEFT_OUT:
            yield f"#   and {len(lists.left_out) - MOST_LEFT_OUT} more"


def _stream(stream: DraftedStream) -> Iterator[str]:
    yield f"  {stream.name}:"
    for word, said in stream.said.items():
        for check in stream.checks:
            if check.startswith(f"{word}: "):
                yield f"    # check: {check.partition(': ')[2]}"
        yield f"    {word}: {written(said)}"
    for check in stream.checks:
        if check.partition(":")[0] not in stream.said:
            yield f"    # check: {check}"


def _docs(title: str, lists: Lists) -> str:
    lines = [
        f"# {title}",
        "",
        "Drafted from the vendor's OpenAPI document. Say here what each stream holds, how a tenant",
        "gets credentials, what the vendor limits, and which facts were compared with which page.",
        "",
        "| stream | title | read |",
        "|---|---|---|",
    ]
    for stream in lists.streams:
        load = "in full" if stream.said["load"] == "full" else "what changed"
        title_in_table = str(stream.said["title"]).replace("|", "/")
        lines.append(f"| `{stream.name}` | {title_in_table} | {load} |")
    lines += [
        "",
        "The samples are the vendor's examples where it has some, and invented otherwise.",
        "",
    ]
    return "\n".join(lines)


def written(value: Any) -> str:
    """A value in one line of YAML that is read as what it is."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(name)}: {written(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_items(value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return _quoted(str(value))


def _items(values: Iterable[Any]) -> Iterator[str]:
    return (written(each) for each in values)


def _key(name: str) -> str:
    quoted = _quoted(str(name))
    # A longer one is taken for a key only where it says so.
    return quoted if len(quoted) < _LONGEST_KEY else f"? {quoted} "


def _quoted(plain: str) -> str:
    if _PLAIN.fullmatch(plain) and plain.lower() not in _WORDS:
        return plain
    # Nothing but ASCII, so that no line end of Unicode's gets in.
    return f'"{"".join(map(_escaped, plain))}"'


def _escaped(letter: str) -> str:
    if " " <= letter <= "~":
        return f"\\{letter}" if letter in '"\\' else letter
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
