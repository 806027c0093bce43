from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from openpyxl import Workbook
from pydantic import TypeAdapter

from flows.connectors.answers import Malformed, Unexpected, read
from flows.connectors.depth import DEEPEST, shallow
from flows.connectors.formats import RecordsIn
from flows.connectors.links import linked
from flows.connectors.reader import ReadFailed
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply

RECORDS: TypeAdapter[Any] = TypeAdapter(RecordsIn)


def cut(body: Any, written: Any = None, *, is_graphql: bool = False) -> list[Any]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = read(
        text,
        content_type="application/json",
        largest=1 << 20,
        records=RECORDS.validate_python(written),
        is_graphql=is_graphql,
    )
    return [json.loads(bytes(record)) for record in found.rows.records]


@pytest.mark.parametrize(
    ("body", "written", "records"),
    [
        ([{"a": 1}], None, [{"a": 1}]),
        ({"data": {"items": [{"a": 1}]}}, "data.items", [{"a": 1}]),
        ({"d.x": [1]}, ["d.x"], [1]),
        ([{"rows": [1]}, {"rows": [2]}], "1.rows", [2]),
        ({"shop": {"a": 1}}, {"at": "shop", "as": "single"}, [{"a": 1}]),
        ({"a": 1}, {"as": "single"}, [{"a": 1}]),
        ({"x": {"a": 1}, "y": {"a": 2}}, {"as": "values"}, [{"a": 1}, {"a": 2}]),
        ({}, {"as": "values"}, []),
        (b'{"a":1}\n{"a":2}\r\n\n', {"as": "ndjson"}, [{"a": 1}, {"a": 2}]),
        (b"", {"as": "ndjson"}, []),
        ({}, {"at": "data", "optional": True}, []),
        ({"data": None}, {"at": "data", "optional": True}, []),
        ({"data": [1]}, {"at": "data", "optional": True}, [1]),
    ],
)
def test_records_are_found_where_and_as_the_connector_says(
    body: Any, written: Any, records: list[Any]
) -> None:
    assert cut(body, written) == records


@pytest.mark.parametrize(
    ("body", "written", "said"),
    [
        (None, None, "something else than a list at the top"),
        ({}, "data", "no list at data"),
        ({"data": None}, "data", "something else than a list at data"),
        ([[1]], "5", "no list at 5"),
        ({"shop": [1]}, {"at": "shop", "as": "single"}, "something else than one record at shop"),
        ([1], {"as": "values"}, "something else than an object at the top"),
        (b"<html></html>", {"as": "ndjson"}, "a web page instead of data"),
        (b"<html></html>", {"at": "data", "optional": True}, "a web page instead of data"),
        ({"data": 1}, {"at": "data", "optional": True}, "something else than a list at data"),
    ],
)
def test_something_else_is_never_an_empty_list(body: Any, written: Any, said: str) -> None:
    with pytest.raises(Unexpected, match=said):
        cut(body, written)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (b'{"data":[1]', "data"),
        (b'{"a":1}\n{"a":', {"as": "ndjson"}),
        (b"", {"at": "data", "optional": True}),
        (b'{"x":1', {"at": "data", "optional": True}),
    ],
)
def test_what_was_cut_off_is_worth_another_try(body: bytes, written: Any) -> None:
    with pytest.raises(Malformed):
        cut(body, written)


@pytest.mark.parametrize("optional", [True, False])
def test_errors_of_graphql_are_failures_even_beside_data(optional: bool) -> None:
    answer = {"data": {"orders": [{"a": 1}]}, "errors": [{"message": "Field  is\ngone"}]}

    with pytest.raises(Unexpected, match="an error: Field is gone"):
        cut(answer, {"at": "data.orders", "optional": optional}, is_graphql=True)


@pytest.mark.parametrize("errors", [None, []])
def test_no_errors_of_graphql_are_none(errors: Any) -> None:
    assert cut({"data": [1], "errors": errors}, "data", is_graphql=True) == [1]


def test_a_long_complaint_of_graphql_is_shortened() -> None:
    with pytest.raises(Unexpected) as caught:
        cut({"errors": [{"message": "x" * 5000}]}, "data", is_graphql=True)

    assert len(str(caught.value)) < 250


def test_a_table_keeps_its_texts_and_gets_the_names_of_the_connector() -> None:
    written = {"as": "csv", "columns": {"Artikel Nr": "id"}, "delimiter": ";"}

    assert cut(b'Artikel Nr;Preis\n007;"1;50"\n', written) == [{"id": "007", "Preis": "1;50"}]


def test_a_tab_may_part_the_columns_of_a_table() -> None:
    assert cut(b"id\tname\n1\ta,b\n", {"as": "csv", "delimiter": "\t"}) == [
        {"id": "1", "name": "a,b"}
    ]


def test_a_table_may_be_packed_and_of_another_encoding() -> None:
    written = {"as": "csv", "encoding": "windows-1252"}
    body = gzip.compress("id\nKöln\n".encode("windows-1252"))

    assert cut(body, written) == [{"id": "Köln"}]


def test_a_torn_table_is_an_error() -> None:
    with pytest.raises(Unexpected, match="row 2"):
        cut(b"id,name\n1,a\n2\n", {"as": "csv"})


def test_a_workbook_is_a_table() -> None:
    book, file = Workbook(), io.BytesIO()
    sheet = book.create_sheet("Umsatz")
    for row in (["Nr", "Betrag"], ["007", 1.5]):
        sheet.append(row)
    book.save(file)
    written = {"as": "xlsx", "sheet": "Umsatz", "columns": {"Nr": "id"}}

    assert cut(file.getvalue(), written) == [{"id": "007", "Betrag": "1.5"}]


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def kept(*records: bytes) -> list[bytes]:
    text = b"[" + b",".join(records) + b"]"
    return [bytes(record) for record in shallow(text, [Raw(record) for record in records])]


def test_only_a_record_that_is_nested_too_deeply_is_kept_out() -> None:
    deep, deepest = nested(DEEPEST + 1), nested(DEEPEST - 2).replace(b"1", b"[[]]")

    assert kept(deepest, b'{"b":1}') == [deepest, b'{"b":1}']
    assert kept(deep, b'{"b":1}') == [
        b'"Nested more than 64 levels deep; kept out."',
        b'{"b":1}',
    ]


def test_brackets_inside_texts_are_no_levels() -> None:
    text = json.dumps({"a": "[" * 500, 'b"{{{': '\\"[[', "c": [{}]}).encode()

    assert kept(text, nested(3)) == [text, nested(3)]


@given(
    st.recursive(
        st.none() | st.text(), lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)
    )
)
def test_a_shallow_record_is_never_kept_out(value: Any) -> None:
    text = json.dumps({"a": value}).encode()

    assert kept(text) == [text]


def test_a_deep_record_does_not_stop_the_others(source: FakeSource) -> None:
    body = b'{"data":[{"id":1},' + nested(500) + b',{"id":2}]}'
    source.on("/api/sale", Reply(body=body))

    found = paged.records(paged.read(source, paged.connector(pages={"by": "none"})))

    assert found == [{"id": 1}, "Nested more than 64 levels deep; kept out.", {"id": 2}]


def test_a_bottomless_answer_is_refused_with_a_sentence(source: FakeSource) -> None:
    source.on("/api/sale", Reply(body=b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"))

    with pytest.raises(ReadFailed, match="nested too deeply"):
        paged.read(source, paged.connector(pages={"by": "none"}))


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ('<https://a.example/x?page=2>; rel="next"', "https://a.example/x?page=2"),
        ('</a?ids=1,2>; rel="prev", </b?ids=3,4>; rel="next"', "/b?ids=3,4"),
        ("</a>; rel=next", "/a"),
        ('</a>; REL="Last NEXT"', "/a"),
        ('</a>; title="x, y; rel=next"; rel="prev", </b>; rel="next"', "/b"),
        ('</a>;rel="next";type="a/b"', "/a"),
        ('</a>; rel="nextpage"', None),
        ("", None),
        ("rubbish", None),
    ],
)
def test_a_link_header_is_read_as_its_standard_says(header: str, address: str | None) -> None:
    assert linked(header, "next") == address


def test_graphql_is_read_with_its_cursors(source: FakeSource) -> None:
    items = [{"id": number} for number in range(8)]
    source.on("/api/sale", lambda seen: paged.cursor(items, paged.asked(seen)))
    style = paged.STYLES["cursor, of GraphQL"]

    of = paged.connector(pages=style.pages, **style.stream)
    found = paged.records(paged.read(source, of))

    bodies = [json.loads(seen.body) for seen in source.asked("/api/sale")]
    assert found == items
    assert bodies[0] == {"query": style.stream["graphql"], "variables": {"first": 3}}
    assert bodies[1]["variables"] == {"first": 3, "after": 3}
    assert shop.TOKEN not in str(bodies)
