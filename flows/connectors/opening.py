"""The first question of a list: its constants, what changed, and where its pages begin."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from flows.connectors.graphql import graphql_body
from flows.connectors.jobs import JobStart
from flows.connectors.loads import ChangedFilter, FullLoad, Span
from flows.connectors.request import Request
from flows.connectors.streams import Stream
from flows.connectors.templates import Filling


def first_question(
    stream: Stream,
    *,
    filling: Filling,
    span: Span | None,
    time_zone: tzinfo,
    limit: int | None = None,
) -> Request:
    """What to ask for first. `limit` asks for so many records, where the size can be set.

    :param span: what changed; None asks for everything
    :raises Unfillable: if a value is missing or cannot stand where it should
    """
    request = Request(
        path=filling.path(stream.path),
        method="POST" if stream.is_post else "GET",
        params={name: filling.text(text) for name, text in stream.params.items()},
        body=_body(stream, filling),
    )
    request = _changed(stream, request, filling=filling, span=span, time_zone=time_zone)
    return stream.pages.first(request, limit=limit)


def start_question(
    stream: Stream, start: JobStart, *, filling: Filling, span: Span | None, time_zone: tzinfo
) -> Request:
    """What starts a report.

    :raises Unfillable: as above
    """
    request = Request(
        path=filling.path(start.path),
        method="POST" if start.method == "post" else "GET",
        params={name: filling.text(text) for name, text in start.params.items()},
        body=filling.json(start.body),
        statuses=frozenset({200, 201, 202}),
    )
    return _changed(stream, request, filling=filling, span=span, time_zone=time_zone)


def _body(stream: Stream, filling: Filling) -> Any:
    body = filling.json(stream.body)
    if stream.graphql is not None:
        return graphql_body(stream.graphql, body)
    return {} if stream.is_post and body is None else body


def _changed(
    stream: Stream, request: Request, *, filling: Filling, span: Span | None, time_zone: tzinfo
) -> Request:
    load, change = stream.load, stream.changed
    if span is None or isinstance(load, FullLoad):
        return request
    since = load.text(span.since, change, time_zone=time_zone)
    until = None
    if span.until is not None and change is not None:
        until = load.end_text(span.until, change, time_zone=time_zone)
    if not isinstance(load, ChangedFilter):
        return load.asked(request, since, until)
    named = filling.with_own(since=since, until=until or "")
    text = named.expression(load.write)
    if load.until is not None and until is not None:
        text += named.expression(load.until)
    return request.put(load.place, load.send, text)
