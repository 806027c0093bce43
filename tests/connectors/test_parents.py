from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from flows.connectors.parents import Added
from flows.connectors.reader import ReadFailed, ReadInterrupted
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

OUTLETS = [{"id": 7, "name": "Kasse Süd"}, {"id": "a/b", "name": None}]
STOCK = {"path": "outlets/{outlets.id}/stock", "each": "outlets", "load": "full"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=5,
)


def document(*, outlets: dict[str, Any] | None = None, **stock: Any) -> dict[str, Any]:
    whole = shop.document()
    whole["defaults"] = {"key": ["id"], "records": "data"}
    whole["client"]["probe"] = "outlets"
    whole["streams"] = {
        "outlets": {"path": "outlets", "load": "full"} | (outlets or {}),
        "stock": STOCK | stock,
    }
    return whole


def connector(**changes: Any) -> Connector:
    return parse_connector(name="till", document=document(**changes))


def read(source: FakeSource, of: Connector, *, since: datetime | None = None) -> list[Any]:
    with shop.reader(source.url, of=of) as reader:
        return paged.records(list(reader.pages("stock", since=since)))


def on(source: FakeSource, path: str, *records: Any) -> None:
    source.on(f"/api/{path}", Reply(body={"data": list(records)}))


def refused(whole: dict[str, Any]) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        parse_connector(name="till", document=whole)
    return str(caught.value)


def test_a_child_is_asked_for_each_record_of_its_parent(source: FakeSource) -> None:
    on(source, "outlets", *OUTLETS)
    on(source, "outlets/7/stock", {"id": 1})
    on(source, "outlets/a/b/stock", {"id": 2}, {"id": 3})

    found = read(source, connector(**{"with": {"outlet_id": "id", "outlet": "name"}}))

    assert found == [
        {"outlet_id": 7, "outlet": "Kasse Süd", "id": 1},
        {"outlet_id": "a/b", "outlet": None, "id": 2},
        {"outlet_id": "a/b", "outlet": None, "id": 3},
    ]


def test_a_parents_value_stays_one_segment_of_the_path(source: FakeSource) -> None:
    on(source, "outlets", {"id": "../../token"})

    with pytest.raises(ReadFailed):
        read(source, connector())

    asked = [seen.path for seen in source.requests if seen.method == "GET"]
    assert asked == ["/api/outlets", "/api/outlets/../../token/stock"]


@pytest.mark.parametrize("value", [".", "..", "", None, {"a": 1}, True])
def test_a_value_that_is_no_segment_is_refused(source: FakeSource, value: Any) -> None:
    on(source, "outlets", {"id": value})

    with pytest.raises(ReadFailed, match=r"^Stock: "):
        read(source, connector())

    assert len(source.asked("/api/outlets")) == 1


def test_a_parents_value_can_be_in_params_and_bodies_with_its_type(source: FakeSource) -> None:
    on(source, "outlets", {"id": 7, "at": {"code": "DE"}})
    on(source, "search", {"id": 1})
    body = {"ids": ["{outlets.id}"], "note": "of {outlets.id}", "fixed": 1}

    read(source, connector(path="search", body=body, params={"land": "{outlets.at.code}"}))

    [asked] = source.asked("/api/search")
    assert json.loads(asked.body) == {"ids": [7], "note": "of 7", "fixed": 1}
    assert asked.params == {"land": "DE"}


def test_what_was_filled_in_is_not_filled_again(source: FakeSource) -> None:
    on(source, "outlets", {"id": "{api_key}"})
    on(source, "search")

    read(source, connector(path="search", params={"id": "{outlets.id}"}))

    assert source.asked("/api/search")[0].params == {"id": "{api_key}"}


def test_a_parents_value_cannot_break_out_of_an_expression(source: FakeSource) -> None:
    on(source, "outlets", {"id": "7' or '1'='1"})
    load = {
        "by": "filter",
        "send": "where",
        "write": "outlet = '{outlets.id}' and changed > '{since}'",
        "overlap": "1 hour",
    }
    changed = {"take": "changed", "zone": "utc"}

    with pytest.raises(ReadFailed, match="cannot be part of a filter"):
        read(source, connector(path="stock", load=load, changed=changed), since=shop.NOW)

    assert source.asked("/api/stock") == []


def test_a_child_that_fails_fails_the_stream(source: FakeSource) -> None:
    on(source, "outlets", {"id": 1}, {"id": 2}, {"id": 3})
    on(source, "outlets/1/stock", {"id": 1})
    source.on("/api/outlets/2/stock", Reply(status=404))
    on(source, "outlets/3/stock", {"id": 3})

    with pytest.raises(ReadFailed, match="Till does not offer Stock to this"):
        read(source, connector())


def test_a_child_that_is_down_interrupts_the_stream(source: FakeSource) -> None:
    on(source, "outlets", {"id": 1})
    source.on("/api/outlets/1/stock", Reply(status=503))

    with pytest.raises(ReadInterrupted, match="Stock: "):
        read(source, connector())


def test_a_parent_that_fails_is_named_itself(source: FakeSource) -> None:
    source.on("/api/outlets", Reply(status=403))

    with pytest.raises(ReadFailed, match="This key may not read Outlets"):
        read(source, connector())


def test_children_are_paged_each_by_itself(source: FakeSource) -> None:
    items = [{"id": number} for number in range(7)]
    on(source, "outlets", {"id": 1}, {"id": 2})
    for outlet in (1, 2):
        source.on(
            f"/api/outlets/{outlet}/stock",
            lambda seen: paged.numbered(items, paged.asked(seen)),
        )

    found = read(source, connector(pages={"by": "number", "size": {"limit": 3}}))

    assert found == items + items


def test_children_of_several_parents_are_fetched_at_once(source: FakeSource) -> None:
    together = threading.Barrier(4)
    on(source, "outlets", *({"id": number} for number in range(1, 10)))

    def answer(seen: Seen) -> Reply:
        if "/1/" not in seen.path:
            together.wait(timeout=20)
        return Reply(body={"data": [{"id": seen.path}]})

    for number in range(1, 10):
        source.on(f"/api/outlets/{number}/stock", answer)

    found = read(source, connector())

    assert found == [{"id": f"/api/outlets/{number}/stock"} for number in range(1, 10)]
    assert not together.broken


def test_children_of_changed_parents_are_asked_for_alone(source: FakeSource) -> None:
    load = {"by": "parameter", "send": "since", "overlap": "1 hour"}
    changed = {"take": "changed", "zone": "utc"}
    on(source, "outlets", {"id": 1, "changed": "2026-11-20T12:00:00Z"})
    on(source, "outlets/1/stock", {"id": 5})
    of = connector(
        outlets={"load": load, "changed": changed},
        load={"by": "parent", "overlap": "30 minutes"},
        changed={"take": "outlet_changed", "zone": "utc"},
        **{"with": {"outlet_changed": "changed"}},
    )

    found = read(source, of, since=datetime(2026, 11, 20, 12, tzinfo=UTC))

    assert source.asked("/api/outlets")[0].params == {"since": "2026-11-20T10:30:00Z"}
    assert found == [{"outlet_changed": "2026-11-20T12:00:00Z", "id": 5}]


def test_of_one_parent_nobody_needs_to_say_which(source: FakeSource) -> None:
    source.on("/api/outlets", Reply(body={"data": {"id": 7, "zone": "Europe/Berlin"}}))
    on(source, "stock", {"id": 1}, {"id": 2})
    one = {"records": {"at": "data", "as": "single"}}

    found = read(source, connector(outlets=one, path="stock", **{"with": {"zone": "zone"}}))

    assert [record["zone"] for record in found] == ["Europe/Berlin", "Europe/Berlin"]
    # Without a word of it there, the stream has no use for a parent.
    assert "Say which outlets is meant" in refused(document(outlets=one, path="stock"))


def test_grandchildren_know_the_fields_that_their_parent_was_given(source: FakeSource) -> None:
    whole = document(**{"with": {"outlet_id": "id"}})
    whole["streams"]["moves"] = {
        "path": "outlets/{stock.outlet_id}/stock/{stock.id}/moves",
        "each": "stock",
        "load": "full",
    }
    on(source, "outlets", {"id": 7})
    on(source, "outlets/7/stock", {"id": 1})
    on(source, "outlets/7/stock/1/moves", {"id": 9})

    with shop.reader(source.url, of=parse_connector(name="till", document=whole)) as reader:
        found = paged.records(list(reader.pages("moves", since=None)))

    assert found == [{"id": 9}]


STREAM = connector(**{"with": {"outlet_id": "id", 'od"d': "name"}}).streams["stock"]


@given(record=st.dictionaries(st.text(), JSON), outlet=st.integers())
def test_fields_are_added_to_any_record_and_win(record: dict[str, Any], outlet: int) -> None:
    added = Added(STREAM, Raw(json.dumps({"id": outlet}).encode()))

    for text in (json.dumps(record), json.dumps(record, indent=1, ensure_ascii=False)):
        if _clean(text):
            [made] = added.to([Raw(text.encode())])
            pairs = json.loads(bytes(made), object_pairs_hook=list)
            assert len({name for name, _ in pairs}) == len(pairs)
            assert dict(json.loads(bytes(made))) == record | {"outlet_id": outlet, 'od"d': None}


def _clean(text: str) -> bool:
    """Whether it can be UTF-8 at all: hypothesis invents lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_the_digits_of_the_source_stay_when_a_field_is_added() -> None:
    added = Added(STREAM, Raw(b'{"id": 1.50, "name": 12345678901234567890}'))

    [made] = added.to([Raw(b'{"price": 1.10}')])

    assert bytes(made) == b'{"outlet_id":1.50,"od\\"d":12345678901234567890,"price": 1.10}'


def test_a_name_that_is_spelled_with_escapes_gives_way_too() -> None:
    added = Added(STREAM, Raw(b'{"id":1,"name":2}'))

    [made] = added.to([Raw(rb'{"outlet\u005fid":7,"a":1}')])

    pairs = json.loads(bytes(made), object_pairs_hook=list)
    assert sorted(pairs) == [("a", 1), ('od"d', 2), ("outlet_id", 1)]


@pytest.mark.parametrize("odd", [b"null", b"[1]", b'"text"', b"17"])
def test_what_is_no_object_stays_as_it_came(odd: bytes) -> None:
    assert [bytes(record) for record in Added(STREAM, Raw(b"{}")).to([Raw(odd)])] == [odd]


def test_an_empty_record_gets_its_fields() -> None:
    [made] = Added(STREAM, Raw(b'{"id":1,"name":2}')).to([Raw(b"{ }")])

    assert json.loads(bytes(made)) == {"outlet_id": 1, 'od"d': 2}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"each": "outlet"},
            'streams.stock.each: There is no stream "outlet"; did you mean outlets?',
        ),
        ({"each": "stock", "path": "{stock.id}/x"}, "at most 3 streams above it, and never itself"),
        ({"path": "a/{sale.id}"}, "streams.stock.path: sale is not the stream in each"),
        ({"path": "stock"}, "Say which outlets is meant, like path: outlets/{outlets.id}/stock"),
        ({"each": None, "path": "stock", "with": {"a": "id"}}, "with is for a stream"),
        (
            {
                "load": {"by": "parent", "overlap": "1 hour"},
                "changed": {"take": "at", "zone": "utc"},
                "with": {"at": "changed"},
            },
            "streams.stock.load: outlets is read in full each time",
        ),
        (
            {
                "load": {"by": "parent", "overlap": "1 hour"},
                "changed": {"take": "changed", "zone": "utc"},
            },
            "The parent's time of change has to be in the record",
        ),
        (
            {"with": {"boss": "manager"}, "outlets": {"personal": {"drop": ["manager"]}}},
            "streams.stock.with.boss: manager of outlets is personal; mark it here, too",
        ),
    ],
)
def test_a_mistake_about_parents_is_named(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(document(**changes))
