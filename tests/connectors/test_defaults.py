"""What a stream takes from the defaults, and how it says that it differs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.connectors.defaults import filled_in
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector
from tests.connectors import shop

LOAD = {"by": "parameter", "send": "since", "format": "%Y-%m-%d", "overlap": "2 days"}
PAGES = {"by": "cursor", "send": "after", "take": "next", "size": {"limit": 100}}
DEFAULTS: dict[str, Any] = {
    "key": ["id"],
    "path": "items",
    "params": {"sort": "id", "deleted": "true"},
    "records": {"at": "data", "optional": True},
    "changed": {"take": "updated_at", "zone": "offset"},
    "load": LOAD,
    "pages": PAGES,
}


def document(defaults: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    streams = {"branch": {"path": "branch", "changed": None}, "sale": own}
    return shop.document(defaults=DEFAULTS | (defaults or {}), streams=streams)


def merged(defaults: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    found: dict[str, Any] = filled_in(document(defaults, **own))["streams"]["sale"]
    return found


def refused(whole: dict[str, Any]) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        parse_connector(name="till", document=whole)
    return str(caught.value)


def test_a_stream_says_only_how_a_part_differs() -> None:
    found = merged(
        load={"send": "from"},
        pages={"size": {"limit": 10}},
        records={"at": "sales"},
        params={"state": "open"},
    )

    assert found["load"] == LOAD | {"send": "from"}
    assert found["pages"] == PAGES | {"size": {"limit": 10}}
    assert found["records"] == {"at": "sales", "optional": True}
    assert found["params"] == {"sort": "id", "deleted": "true", "state": "open"}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("load", {"by": "client", "overlap": "1 hour"}),
        ("load", {"by": "parameter", "send": "since", "overlap": "1 hour"}),
        ("pages", {"by": "none"}),
        ("pages", {"by": "number", "send": "page"}),
        ("load", "full"),
        ("records", "sales"),
        ("key", ["number"]),
    ],
)
def test_another_style_a_word_and_a_list_start_anew(name: str, own: Any) -> None:
    assert merged(**{name: own})[name] == own


@pytest.mark.parametrize("nothing", [None, {}])
def test_null_and_an_empty_part_take_away_what_the_defaults_have(nothing: Any) -> None:
    assert "pages" not in merged(pages=nothing)
    assert merged(params=nothing).get("params") is None
    assert merged(pages={"size": nothing})["pages"] == {
        name: value for name, value in PAGES.items() if name != "size"
    }
    assert merged(params={"deleted": None})["params"] == {"sort": "id"}


def test_null_that_stands_against_nothing_is_sent() -> None:
    assert merged(body={"filter": None})["body"] == {"filter": None}


@pytest.mark.parametrize("nothing", [None, {}])
@pytest.mark.parametrize("load", [LOAD, {"by": "parameter", "send": "after", "counter": "version"}])
def test_a_stream_that_cannot_say_what_changed_is_read_in_full(load: Any, nothing: Any) -> None:
    connector = parse_connector(name="till", document=document({"load": load}, changed=nothing))

    assert not connector.streams["sale"].is_incremental


def test_a_stream_without_changed_that_asks_for_changes_is_refused() -> None:
    said = refused(document(changed=None, load=LOAD))

    assert "Reading what changed needs to know the field" in said


def test_personal_fields_add_up() -> None:
    shared = {"personal": {"drop": ["note"], "never": ["iban"]}}

    found = merged(shared, personal={"drop": ["name"], "hash": ["email"]})

    assert found["personal"] == {"drop": ["note", "name"], "never": ["iban"], "hash": ["email"]}


@pytest.mark.parametrize("known", [{"known": ["id", "updated_at"]}, {}])
def test_who_takes_known_away_still_keeps_back_what_all_do(known: dict[str, Any]) -> None:
    shared = {"personal": {"drop": ["note"], "hash": ["email"], **known}}

    whole = document(shared, personal={"known": None, "drop": ["name"]})

    personal = parse_connector(name="till", document=whole).streams["sale"].personal
    assert personal.known is None
    assert personal.drop == {"note", "name"}
    assert personal.hash == {"email"}


def test_null_takes_one_list_of_personal_fields_away() -> None:
    shared = {"personal": {"drop": ["note"], "hash": ["email"]}}

    assert merged(shared, personal={"drop": None})["personal"] == {"hash": ["email"]}
    assert "personal.dorp" in refused(document(shared, personal={"dorp": None}))


def test_of_a_personal_field_in_two_lists_the_streams_word_counts() -> None:
    shared = {"personal": {"drop": ["EMail", "note"]}}

    found = merged(shared, personal={"hash": ["email"]})

    assert found["personal"] == {"drop": ["note"], "hash": ["email"]}


def test_a_mistake_in_what_is_personal_is_named_where_it_stands() -> None:
    in_defaults = refused(document({"personal": {"drop": "note"}}, personal={"drop": ["name"]}))
    in_stream = refused(document({"personal": {"drop": ["note"]}}, personal={"drop": "name"}))

    assert "streams.sale.personal.drop: Input should be a valid frozenset" in in_stream
    assert "defaults.personal.drop: Input should be a valid frozenset" in in_defaults


@pytest.mark.parametrize(
    ("defaults", "own", "place"),
    [
        ({"pages": {"by": "curser"}}, {"pages": {"size": {"limit": 1}}}, "defaults.pages.by"),
        ({}, {"pages": {"size": {"limit": 0}}}, "streams.sale.pages.size.limit"),
        ({}, {"pages": {"by": "next-url"}}, "streams.sale.pages.take"),
        ({"load": LOAD | {"send": ""}}, {"load": {"overlap": "1 day"}}, "defaults.load.send"),
        ({}, {"load": {"sned": "from"}}, "streams.sale.load.sned"),
        ({"load": LOAD | {"sned": "a"}}, {"load": {"send": "from"}}, "defaults.load.sned"),
    ],
)
def test_a_mistake_is_named_where_somebody_wrote_it(
    defaults: dict[str, Any], own: dict[str, Any], place: str
) -> None:
    said = refused(document(defaults, **own))

    assert f"{place}: " in said


def test_defaults_that_are_no_mapping_are_refused() -> None:
    assert "defaults: Extra inputs" in refused(shop.document(defaults=["key"]))


SELECT = {"by": "filter", "send": "q", "write": "{asked} where changed >= {since}"}


def test_a_filter_goes_on_from_what_is_asked_for_anyway() -> None:
    found = merged({"load": SELECT | {"overlap": "1 hour"}}, params={"q": "select name from sale"})

    assert found["load"]["write"] == "select name from sale where changed >= {since}"


def test_a_filter_that_goes_on_from_nothing_is_refused() -> None:
    said = refused(document({"load": SELECT | {"overlap": "1 hour"}}))

    assert "load.write: There is no credential asked" in said


PARTS = st.recursive(
    st.one_of(st.integers(), st.text(max_size=3), st.lists(st.text(max_size=3), max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=8,
)
STREAMS = st.dictionaries(st.sampled_from(["path", "body", "params"]), PARTS)


@given(defaults=STREAMS, own=STREAMS)
def test_what_a_stream_says_stands_and_what_it_does_not_say_is_the_defaults(
    defaults: dict[str, Any], own: dict[str, Any]
) -> None:
    before = copy.deepcopy((defaults, own))

    found = filled_in({"defaults": defaults, "streams": {"sale": own}})["streams"]["sale"]

    assert_is_both(found, defaults, own)
    assert (defaults, own) == before
    assert filled_in({"streams": {"sale": found}})["streams"]["sale"] == found


def assert_is_both(found: Any, defaults: Any, own: Any) -> None:
    if not isinstance(own, dict) or not isinstance(defaults, dict):
        assert found == own
        return
    assert found.keys() == defaults.keys() | own.keys()
    for name in found:
        if name not in own:
            assert found[name] == defaults[name]
        else:
            assert_is_both(found[name], defaults.get(name), own[name])


def titles(connector: Connector) -> list[str]:
    fields, streams = connector.credentials.values(), connector.streams.values()
    return [connector.title, *(each.title for each in fields), *(each.title for each in streams)]


def test_what_has_no_title_is_called_by_its_name() -> None:
    whole = shop.document()
    whole |= {"name": "corner_shop", "title": ""}
    whole["credentials"] = {
        "api_key": {},
        "api_secret": {"secret": True},
        "auth_url": {"kind": "url"},
    }
    whole["streams"] = {"branch": {"path": "branch", "load": "full"}}

    connector = parse_connector(name="corner_shop", document=whole)

    assert titles(connector) == ["Corner shop", "API key", "API secret", "Auth URL", "Branch"]
