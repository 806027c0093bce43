from __future__ import annotations

from typing import Any

import pytest

from flows.connectors.spec import ConnectorInvalid, parse_connector
from tests.connectors import shop


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        parse_connector(name="till", document=document)
    return str(caught.value)


def test_a_mistake_is_named_with_its_path() -> None:
    sentence = refused(shop.stream_document(pth="sale"))

    assert sentence.startswith(
        "till: streams.sale.pth: Extra inputs are not permitted; did you mean path? Known here: "
        "path, title, key"
    )


def test_a_mistake_inside_a_style_is_named_without_the_style() -> None:
    pages = {"by": "number", "size": {"pagesize": 0}}

    sentence = refused(shop.stream_document(pages=pages))

    assert sentence.startswith("till: streams.sale.pages.size.pagesize: ")


def test_a_mistake_in_the_defaults_is_named_once_and_there() -> None:
    document = shop.document()
    document["defaults"]["keys"] = ["id"]

    sentence = refused(document)

    assert sentence.startswith(
        "till: defaults.keys: Extra inputs are not permitted; did you mean key"
    )
    assert sentence.count("Extra inputs") == 1


def test_a_stream_without_its_key_is_named_without_defaults_to_look_into() -> None:
    document = shop.document()
    del document["defaults"]
    document["streams"] = {"branch": {"path": "branch", "load": "full"}}

    assert refused(document) == "till: streams.branch.key: Field required"


def test_an_unknown_style_lists_those_there_are() -> None:
    sentence = refused(shop.stream_document(pages={"by": "moon"}))

    assert sentence == (
        'till: streams.sale.pages.by: There is no paging "moon"; choose of none, number, offset, '
        "cursor, next-url, link, last"
    )


def test_a_style_that_nobody_names_is_asked_for() -> None:
    document = shop.stream_document(pages={"size": {"limit": 10}})
    del document["defaults"]["pages"]

    assert refused(document) == "till: streams.sale.pages.by: Say which paging: by is missing"


def test_two_mistakes_are_one_sentence() -> None:
    sentence = refused(shop.stream_document(pth="sale", titel="Sales"))

    assert "streams.sale.pth" in sentence
    assert "; till" not in sentence
    assert "streams.sale.titel" in sentence


def test_a_stream_takes_from_the_defaults_what_it_does_not_say() -> None:
    connector = shop.connector()

    assert connector.streams["branch"].key == ("id",)
    assert connector.streams["branch"].changed is not None


def test_a_bearer_token_and_a_query_parameter_can_be_written() -> None:
    document = shop.stream_document(
        load={"by": "parameter", "send": "updated_after", "overlap": "90 minutes"},
        records="data.items",
    )
    document["credentials"] = {
        "shop": {"title": "Shop", "pattern": "[a-z0-9-]+"},
        "token": {"title": "Token", "secret": True},
    }
    document["client"] |= {
        "base_url": "https://{shop}.till.example/api",
        "auth": {"by": "bearer", "token": "token"},
    }

    connector = parse_connector(name="till", document=document)

    assert connector.streams["sale"].is_incremental


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"title": "Shop"}, "needs a pattern"),
        ({"title": "Shop", "pattern": "[a-z]+", "secret": True}, "must not be secret"),
    ],
)
def test_a_credential_in_an_address_has_a_pattern_and_is_not_secret(
    field: dict[str, Any], reason: str
) -> None:
    document = shop.document()
    document["credentials"]["shop"] = field
    document["client"]["base_url"] = "https://{shop}.till.example/api"

    sentence = refused(document)

    assert "client.base_url: shop becomes part of an address" in sentence
    assert reason in sentence


def test_a_whole_address_only_comes_first() -> None:
    document = shop.document()
    document["client"]["base_url"] = "https://proxy.example/{auth_url}"

    assert "has to come first" in refused(document)


def test_plain_http_is_not_an_address_of_a_connector() -> None:
    document = shop.document()
    document["client"]["base_url"] = "http://till.example/api"

    assert "begins with https://" in refused(document)


@pytest.mark.parametrize("status", [429, 503, 200, 408])
def test_a_status_that_is_tried_again_has_no_sentence(status: int) -> None:
    assert "is not final" in refused(shop.document(failures={status: "No."}))


def test_there_is_no_way_to_ignore_a_failure() -> None:
    assert "failures" in refused(shop.document(failures={404: None}))
    assert "needs a sentence" in refused(shop.document(failures={404: " "}))


def test_only_the_stream_can_be_filled_into_a_sentence() -> None:
    assert "needs a sentence" in refused(shop.document(failures={404: "Ask {api_secret}."}))


@pytest.mark.parametrize(
    "path", ["/sale", "https://x.example/a", "../admin", "a?b=1", "a//b", "a b"]
)
def test_a_path_stays_below_the_base_address(path: str) -> None:
    assert "below the base address" in refused(shop.stream_document(path=path))


@pytest.mark.parametrize("name", ["Sale", "sale__line", "_sale", "sale-line", "s" * 41])
def test_a_stream_name_can_become_a_table_name(name: str) -> None:
    document = shop.document()
    document["streams"][name] = document["streams"]["sale"]

    assert refused(document).startswith("till: streams")


def test_history_is_chosen_only_where_a_stream_says_so() -> None:
    connector = parse_connector(name="till", document=shop.stream_document(has_history=True))

    assert connector.streams["sale"].has_history
    assert not connector.streams["branch"].has_history


def test_a_stream_read_in_full_has_no_history_to_choose() -> None:
    sentence = refused(shop.stream_document(load="full", has_history=True))

    assert sentence == (
        "till: streams.sale: A stream read in full has no beginning to choose: drop has_history"
    )


def test_reading_what_changed_needs_a_change_field() -> None:
    assert "add changed" in refused(shop.stream_document(changed=None))


@pytest.mark.parametrize("overlap", ["two hours", "2h", 7200, "2 weeks"])
def test_a_duration_is_written_in_words(overlap: object) -> None:
    load = {"by": "segment", "add": "changed/{since}", "overlap": overlap}

    assert "Write a duration like" in refused(shop.stream_document(load=load))


def test_the_moment_stands_once_in_the_path() -> None:
    load = {"by": "segment", "add": "changed/{when}", "overlap": "2 hours"}

    assert "Write {since} exactly once" in refused(shop.stream_document(load=load))


def test_a_name_that_is_not_there_is_noticed() -> None:
    document = shop.document()
    document["client"]["probe"] = "shops"

    assert 'There is no stream "shops"; choose of branch, sale' in refused(document)

    document = shop.document()
    document["client"]["auth"]["login"]["body"] = {"key": "apikey"}

    assert "There is no credential apikey" in refused(document)


@pytest.mark.parametrize("address", ["https://{shop}.example", "https://{host}.example"])
def test_an_address_is_made_of_names_that_are_there(address: str) -> None:
    document = shop.document()
    document["client"]["base_url"] = address
    del document["client"]["auth"]["host"]

    assert "client.base_url: There is no credential" in refused(document)


@pytest.mark.parametrize("address", ["https://{shop.name}", "https://{0}", "https://{shop", "{}"])
def test_braces_hold_a_plain_name(address: str) -> None:
    document = shop.document()
    document["client"]["base_url"] = address

    assert "Braces may only hold one plain name" in refused(document)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"title": "Shop", "pattern": "[a-z"}, "Not a regular expression"),
        ({"title": "Shop", "kind": "url", "pattern": ".*"}, "neither secret nor has a pattern"),
        ({"title": "Shop", "kind": "url", "default": "shop"}, "The default is not valid"),
    ],
)
def test_a_credential_agrees_with_itself(field: dict[str, Any], reason: str) -> None:
    document = shop.document()
    document["credentials"]["shop"] = field

    sentence = refused(document)

    assert sentence.startswith("till: credentials.shop")
    assert reason in sentence


def test_a_stream_without_a_title_is_called_by_its_name() -> None:
    document = shop.document()
    document["streams"]["stock_level"] = {"path": "stock", "load": "full"}

    connector = parse_connector(name="till", document=document)

    assert connector.streams["stock_level"].title == "Stock level"


def test_a_secret_has_no_default() -> None:
    document = shop.document()
    document["credentials"]["api_secret"]["default"] = "hunter2"

    assert "must not have a default" in refused(document)


def test_a_connector_is_named_like_its_folder() -> None:
    with pytest.raises(ConnectorInvalid, match="name of its folder, kasse"):
        parse_connector(name="kasse", document=shop.document())
