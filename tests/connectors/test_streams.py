from __future__ import annotations

from typing import Any

import pytest

from flows.connectors.pages import (
    CursorPages,
    HeaderPages,
    LastPages,
    LinkedPages,
    NoPages,
    NumberedPages,
    OffsetPages,
)
from flows.connectors.spec import ConnectorInvalid, parse_connector
from tests.connectors import shop


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        parse_connector(name="till", document=document)
    return str(caught.value)


@pytest.mark.parametrize(
    ("pages", "kind"),
    [
        ({"by": "none"}, NoPages),
        ({"by": "number", "size": {"limit": 50}, "stop": "short", "start": 0}, NumberedPages),
        ({"by": "cursor", "send": "after", "take": "meta.next"}, CursorPages),
        ({"by": "next-url", "take": "links.next", "size": {"limit": 9}}, LinkedPages),
        ({"by": "next-url", "take": ["@odata.nextLink"]}, LinkedPages),
        ({"by": "link"}, HeaderPages),
        ({"by": "offset", "size": {"limit": 5}, "total": {"header": "X-Total"}}, OffsetPages),
        ({"by": "last", "send": "since_id", "take": "id"}, LastPages),
    ],
)
def test_every_way_of_paging_can_be_written(pages: dict[str, Any], kind: type) -> None:
    connector = parse_connector(name="till", document=shop.stream_document(pages=pages))

    assert isinstance(connector.streams["sale"].pages, kind)


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        (
            {"pages": {"by": "curser"}},
            'pages.by: There is no paging "curser"; did you mean cursor?',
        ),
        ({"load": {"by": "param"}}, 'load.by: There is no load "param"; did you mean parameter?'),
        (
            {"records": {"as": "cvs"}},
            'records.as: There is no form of records "cvs"; did you mean csv? Choose of list',
        ),
        (
            {"pages": {"by": "number", "stop": "shrot"}},
            'pages.stop: There is no end of pages "shrot"; did you mean short?',
        ),
        (
            {"changed": {"take": "at", "zone": "berlin"}},
            'changed.zone: There is no zone "berlin"; choose of tenant, utc, offset',
        ),
        (
            {"changed": {"take": "at", "zone": "utc", "format": "epoch-second"}},
            'There is no form of a moment "epoch-second"; did you mean epoch-seconds?',
        ),
        ({"drift": "ignore"}, 'drift: There is no policy "ignore"; choose of evolve, freeze'),
        ({"method": "put"}, 'method: There is no method "put"; choose of get, post'),
        ({"records": {"at": ["a", ""]}}, "records.at: Write a path like data.items"),
        ({"key": []}, "key: Write the fields that tell records apart, like [id], or content"),
        ({"key": ["a..b"]}, "key.0: Write a path like data.items"),
        ({"records": "a..b"}, "records.at: Write a path"),
    ],
)
def test_a_choice_that_there_is_not_lists_those_there_are(
    stream: dict[str, Any], sentence: str
) -> None:
    assert sentence in refused(shop.stream_document(**stream))


@pytest.mark.parametrize("path", ["v1/properties/{shop}:runReport", "report(period='D7')"])
def test_a_path_may_hold_whatever_an_address_may(path: str) -> None:
    document = shop.stream_document(path=path)
    document["credentials"]["shop"] = {"title": "Shop", "pattern": "[0-9]+", "default": "1"}

    assert parse_connector(name="till", document=document).streams["sale"].path == path


@pytest.mark.parametrize(
    ("where", "stream"),
    [
        ("path", {"path": "sale/{shop}"}),
        ("params.a", {"params": {"a": "x{shop}"}}),
        ("body.a.0", {"body": {"a": ["{shop}"]}}),
    ],
)
def test_what_is_filled_into_a_question_may_be_seen(where: str, stream: dict[str, Any]) -> None:
    document = shop.stream_document(**stream)
    assert f"streams.sale.{where}: There is no credential shop" in refused(document)

    document["credentials"]["shop"] = {"title": "Shop", "secret": True, "pattern": ".+"}
    assert f"streams.sale.{where}: shop is seen by whoever sees the request" in refused(document)


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        ({"method": "get", "body": {"a": 1}}, "A GET has no body"),
        ({"graphql": "{ a }", "body": [1]}, "The body of GraphQL is an object with variables"),
        ({"pages": {"by": "number", "in": "body"}}, "Only a POST has a body: add method: post"),
        ({"path": ""}, "path is missing"),
        ({"pages": {"by": "number", "stop": "short"}}, "where the size is known: add size"),
        ({"pages": {"by": "number", "stop": "total"}}, "needs to know it: add total"),
        ({"pages": {"by": "number", "total": "count"}}, "where their size is known: add size"),
        ({"pages": {"by": "cursor", "send": "a"}}, "add take or take_header"),
        (
            {"pages": {"by": "cursor", "send": "a", "take": "b", "stop": "short"}},
            "stop without one",
        ),
        ({"records": {"as": "ndjson", "at": "data"}}, "ndjson has no path inside"),
        ({"records": {"as": "single", "sheet": "A"}}, "sheet is for tables"),
        ({"records": {"as": "csv", "encoding": "utf-99"}}, "There is no encoding utf-99"),
        ({"records": {"as": "csv", "columns": {"A": "x", "B": "x"}}}, "cannot both be x"),
        ({"key": ["a.id"], "personal": {"drop": ["a"]}}, "so it cannot be personal: a"),
    ],
)
def test_a_stream_agrees_with_itself(stream: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(shop.stream_document(**stream))


@pytest.mark.parametrize(
    ("load", "sentence"),
    [
        ({"by": "parameter", "send": "a", "slice": "3 days"}, "A slice needs an end: add until"),
        (
            {"by": "parameter", "send": "a", "until": "b", "slice": "0 days"},
            "longer than nothing",
        ),
        ({"by": "parameter", "send": "a", "in": "body"}, "Only a POST has a body"),
        ({"by": "filter", "send": "a", "write": "x > 1"}, "Write {since} into the expression"),
        ({"by": "filter", "send": "a", "write": "{since}{until}"}, "{until} belongs into until"),
        (
            {"by": "filter", "send": "a", "write": "{since}", "until": "x"},
            "Write {until} into until",
        ),
        (
            {"by": "filter", "send": "a", "write": "{since} {x}"},
            "load.write: There is no credential x",
        ),
    ],
)
def test_a_load_agrees_with_itself(load: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(shop.stream_document(load=load | {"overlap": "1 hour"}))


def test_a_source_without_keys_has_the_content_for_one() -> None:
    stream = parse_connector(name="till", document=shop.stream_document(key="content"))

    assert stream.streams["sale"].has_content_key
    assert not shop.connector().streams["sale"].has_content_key


def test_a_connector_may_be_a_preview() -> None:
    assert not shop.connector().preview
    assert parse_connector(name="till", document=shop.document(preview=True)).preview


def test_constants_are_sent_as_texts() -> None:
    document = shop.stream_document(params={"all": True, "none": False, "limit": 5, "x": "y"})

    stream = parse_connector(name="till", document=document).streams["sale"]

    assert stream.params == {"all": "true", "none": "false", "limit": "5", "x": "y"}
