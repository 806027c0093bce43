"""What is shown of a record to somebody who looks at a source: everything but people."""

from __future__ import annotations

from typing import Any

import pytest

from flows.connectors.kit.looking import HIDDEN, hidden
from flows.connectors.personal import Personal

RECORD = (
    b'{"id":0.10,"Name":"Alice","to":[{"mail":"a@example.com","city":"Kiel"},"Bob"],"x":{"y":1}}'
)


@pytest.mark.parametrize(
    ("personal", "shown"),
    [
        (
            {},
            {
                "id": "0.10",
                "Name": "Alice",
                "to": [{"mail": "a@example.com", "city": "Kiel"}, "Bob"],
                "x": {"y": "1"},
            },
        ),
        (
            {"drop": ["name", "to"], "never": ["x"]},
            {"id": "0.10", "Name": HIDDEN, "to": HIDDEN, "x": HIDDEN},
        ),
        (
            {"hash": ["to.mail"], "drop": ["name"]},
            {
                "id": "0.10",
                "Name": HIDDEN,
                "to": [{"mail": HIDDEN, "city": "Kiel"}, HIDDEN],
                "x": {"y": "1"},
            },
        ),
        ({"known": ["id", "x"]}, {"id": "0.10", "Name": HIDDEN, "to": HIDDEN, "x": HIDDEN}),
    ],
)
def test_what_is_personal_is_hidden(personal: dict[str, Any], shown: dict[str, Any]) -> None:
    assert hidden(RECORD, Personal.model_validate(personal)) == shown


def test_what_is_no_object_is_hidden_where_people_could_be_in_it() -> None:
    assert hidden(b'["Alice"]', Personal(drop=frozenset({"name"}))) == HIDDEN
    assert hidden(b'["Alice"]', Personal()) == ["Alice"]
