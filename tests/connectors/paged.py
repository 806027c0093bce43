"""A list handed out in every way that an API has."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flows.connectors.reader import Page
from flows.connectors.spec import Connector, parse_connector
from tests.connectors import shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

Item = dict[str, Any]
Asked = dict[str, str]
SIZE = 3


@dataclass(frozen=True)
class Style:
    """How the grammar writes it, and how a source that has it answers."""

    pages: dict[str, Any]
    answer: Callable[[Sequence[Item], Asked], Reply]
    stream: dict[str, Any] = field(default_factory=dict)


def connector(*, pages: dict[str, Any], **stream: Any) -> Connector:
    """The till with one stream of these pages, read in full."""
    changes = {"pages": pages, "load": "full", "records": "data"} | stream
    return parse_connector(name="till", document=shop.stream_document(**changes))


def read(source: FakeSource, of: Connector, *, stream: str = "sale") -> list[Page]:
    with shop.reader(source.url, of=of) as reader:
        return list(reader.pages(stream, since=None))


def records(pages: Sequence[Page]) -> list[Any]:
    return [json.loads(bytes(record)) for page in pages for record in page.records]


def asked(seen: Seen) -> Asked:
    """What a question says, be it in its address, its body or its headers."""
    body = json.loads(seen.body) if seen.body else {}
    body |= body.pop("variables", {})
    return {name: str(value) for name, value in (seen.headers | body | seen.params).items()}


def page(items: Sequence[Item], number: int, size: int = SIZE) -> list[Item]:
    """A page, counted from 0."""
    return list(items[number * size : (number + 1) * size])


def count(items: Sequence[Item], size: int = SIZE) -> int:
    return -(-len(items) // size)


def numbered(items: Sequence[Item], said: Asked) -> Reply:
    number = int(said["page"]) - 1
    more = str(number + 1 < count(items))
    told = {"pages": count(items), "count": len(items), "more": more}
    return Reply(body={"data": page(items, number), **told}, headers={"X-More": more})


def offset(items: Sequence[Item], said: Asked) -> Reply:
    at, size = int(said["offset"]), int(said.get("limit", SIZE))
    return Reply(body={"data": items[at : at + size], "count": len(items)})


def cursor(items: Sequence[Item], said: Asked) -> Reply:
    at = int(said.get("after") or said.get("x-after") or 0)
    following = at + SIZE if at + SIZE < len(items) else None
    # The cursor is always there, and wrong at the end: `more` says when to stop.
    told = {"next": following, "always": at + SIZE, "more": following is not None}
    headers = {"X-Next": str(following)} if following else {}
    return Reply(body={"data": items[at : at + SIZE], **told}, headers=headers)


def linked(items: Sequence[Item], said: Asked) -> Reply:
    at = int(said.get("at", 0))
    following = at + SIZE < len(items)
    query = urlencode({"at": at + SIZE, "ids": "1,2"}, safe=",")
    link = f'</api/elsewhere?x=a,b>; rel="prev first", </api/sale?{query}>; REL="last Next"'
    told = (
        {"@odata.nextLink": f"/api/sale?{query}", "links": [{"href": query}]} if following else {}
    )
    headers = {"Link": link} if following else {"Link": '</api/sale?at=0>; rel="first"'}
    return Reply(body={"data": items[at : at + SIZE], **told}, headers=headers)


def last(items: Sequence[Item], said: Asked) -> Reply:
    since = int(said.get("since_id", -1))
    return Reply(body={"data": [item for item in items if item["id"] > since][:SIZE]})


_SIZE = {"limit": SIZE}
_POST = {"method": "post"}
_GRAPHQL = {"graphql": "query ($first: Int, $after: String) { sales }"}
_NUMBER = {"by": "number", "size": _SIZE}
_CURSOR = {"by": "cursor", "send": "after", "take": "next"}
STYLES = {
    "number, until empty": Style(_NUMBER, numbered),
    "number, until short": Style(_NUMBER | {"stop": "short"}, numbered),
    "number, until a flag": Style(_NUMBER | {"stop": {"flag": "more"}}, numbered),
    "number, until a header": Style(_NUMBER | {"stop": {"header": "X-More"}}, numbered),
    "number, of so many pages": Style(_NUMBER | {"total_pages": "pages"}, numbered),
    "number, until the total": Style(_NUMBER | {"total": "count", "stop": "total"}, numbered),
    "number, in a body": Style(_NUMBER | {"in": "body"}, numbered, _POST),
    "offset": Style({"by": "offset"}, offset),
    "offset, with a size": Style({"by": "offset", "size": _SIZE, "stop": "short"}, offset),
    "offset, of so many": Style({"by": "offset", "size": _SIZE, "total": "count"}, offset),
    "offset, less than asked": Style(
        {"by": "offset", "size": {"most": 9}, "total": "count"}, offset
    ),
    "number, less than asked, until short": Style(
        {"by": "number", "size": {"most": 9}, "stop": "short"}, numbered
    ),
    "number, less than asked, until the total": Style(
        {"by": "number", "size": {"most": 9}, "total": "count", "stop": "total"}, numbered
    ),
    "offset, less than asked, until short": Style(
        {"by": "offset", "size": {"most": 9}, "stop": "short"}, offset
    ),
    "last record, less than asked, until short": Style(
        {"by": "last", "send": "since_id", "take": "id", "size": {"most": 9}, "stop": "short"}, last
    ),
    "cursor": Style(_CURSOR, cursor),
    "cursor, in a header": Style(
        {"by": "cursor", "send": "X-After", "take_header": "X-Next", "in": "header"}, cursor
    ),
    "cursor, with a flag": Style(_CURSOR | {"take": "always", "stop": {"flag": "more"}}, cursor),
    "cursor, until empty": Style(_CURSOR | {"take": "always", "stop": "empty"}, cursor),
    "cursor, of GraphQL": Style(
        _CURSOR | {"send": "variables.after", "size": {"variables.first": SIZE}, "in": "body"},
        cursor,
        _GRAPHQL,
    ),
    "address": Style({"by": "next-url", "take": ["@odata.nextLink"]}, linked),
    "address, a bare query": Style({"by": "next-url", "take": "links.0.href"}, linked),
    "Link header": Style({"by": "link"}, linked),
    "last record": Style({"by": "last", "send": "since_id", "take": "id"}, last),
    "last record, until short": Style(
        {"by": "last", "send": "since_id", "take": "id", "size": _SIZE, "stop": "short"}, last
    ),
}
