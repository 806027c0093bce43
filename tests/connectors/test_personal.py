from __future__ import annotations

from typing import Any

import pytest

from flows.connectors.spec import ConnectorInvalid, parse_connector
from tests.connectors import shop


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        parse_connector(name="till", document=document)
    return str(caught.value)


def test_the_key_of_a_record_cannot_be_personal() -> None:
    assert "cannot be personal: id" in refused(shop.stream_document(personal={"drop": ["ID"]}))


@pytest.mark.parametrize("known", [[], ["id"], ["lastChange", "name"]])
def test_what_reading_needs_is_known_where_the_known_are_listed(known: list[str]) -> None:
    missing = ", ".join(sorted({"id", "lastChange"} - set(known)))

    sentence = refused(shop.stream_document(personal={"known": known}))

    assert sentence == f"till: streams.sale: Needed for reading, so add it to known: {missing}"


def test_the_known_are_compared_without_regard_to_case() -> None:
    document = shop.stream_document(personal={"known": ["ID", "lastchange"], "drop": ["name"]})

    personal = parse_connector(name="till", document=document).streams["sale"].personal

    assert personal.unjudged(["Id", "Name", "email2", "contacts"]) == ["contacts", "email2"]


def test_a_stream_that_lists_no_known_fields_leaves_none_unjudged() -> None:
    connector = parse_connector(name="till", document=shop.stream_document())

    assert connector.streams["sale"].personal.unjudged(["email2"]) == []


@pytest.mark.parametrize(
    "personal",
    [
        {"drop": ["email"], "never": ["eMail"]},
        {"known": ["id", "lastChange", "Email"], "drop": ["email"]},
    ],
)
def test_a_field_has_one_fate(personal: dict[str, list[str]]) -> None:
    assert "Named more than once: email" in refused(shop.stream_document(personal=personal))


@pytest.mark.parametrize(
    ("personal", "sentence"),
    [
        ({"drop": ["contact", "Contact.name"]}, "with what is around it: contact.name"),
        ({"drop": ["a.b.c"], "hash": ["a.b"]}, "with what is around it: a.b.c"),
        ({"known": ["id", "lastChange"], "drop": ["contact.name"]}, "Drop the whole object"),
    ],
)
def test_a_part_of_an_object_is_named_where_the_object_is_not(
    personal: dict[str, list[str]], sentence: str
) -> None:
    assert sentence in refused(shop.stream_document(personal=personal))
