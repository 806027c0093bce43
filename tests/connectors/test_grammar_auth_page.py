"""The page about signing in, limits and failures: its examples work, and it leaves nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml

from flows.connectors.auth import Auth, LoginRequest, RefreshRequest
from flows.connectors.failures import AnswerRule, Failure, Then
from flows.connectors.grammar import GrammarModel
from flows.connectors.limits import Limit, Moment, Wait
from flows.connectors.service import Client
from flows.connectors.spec import parse_connector
from flows.connectors.throttles import Throttle
from tests.house.repository import ROOT

PAGE = (ROOT / "docs/connectors/grammar-auth.md").read_text()
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)]
FIELDS = {
    name: {"title": name, "secret": name in ("api_key", "client_secret", "refresh_token")}
    for name in ("api_key", "account", "user", "client_id", "client_secret", "refresh_token")
}
SERVER = {"server": {"title": "Server", "kind": "url"}}


def whole(example: dict[str, Any]) -> dict[str, Any]:
    """A connector around an example, which is a part of it or of its client."""
    parts = {"credentials", "client", "failures", "answers"}
    inside = {name: part for name, part in example.items() if name not in parts}
    client = {
        "base_url": "{server}/api",
        "auth": {"by": "none"},
        "probe": "sale",
        **({} if "limits" in inside else {"requests_per_second": 5}),
        **inside,
    }
    document = {
        "name": "till",
        "title": "Till",
        "credentials": {**FIELDS, **SERVER},
        "client": client,
        "streams": {"sale": {"path": "sale", "key": ["id"], "load": "full"}},
    }
    return document | {name: part for name, part in example.items() if name in parts}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example))
def test_an_example_can_be_read(example: dict[str, Any]) -> None:
    connector = parse_connector(name="till", document=whole(example))

    assert connector.name == "till"


def models(kind: Any) -> list[type[GrammarModel]]:
    """The styles of a choice."""
    union, *_ = get_args(kind)
    return list(get_args(union))


def keys(model: type[GrammarModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def used(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, part in value.items():
                yield str(name)
                yield from used(part)
        case list():
            for part in value:
                yield from used(part)


def test_every_style_is_shown_with_every_key() -> None:
    shown = set(used(EXAMPLES))
    parts: list[type[GrammarModel]] = [
        LoginRequest,
        RefreshRequest,
        Client,
        Limit,
        Wait,
        AnswerRule,
        Failure,
    ]
    for model in models(Auth) + models(Throttle) + parts:
        assert set(keys(model)) <= shown, model


def test_every_word_to_choose_from_is_on_the_page() -> None:
    styles = [
        choice
        for model in [*models(Auth), *models(Throttle)]
        for choice in get_args(model.model_fields["by"].annotation)
    ]
    for word in (*styles, *get_args(Then), *get_args(Moment)):
        assert re.search(rf"\b{re.escape(word)}\b", PAGE), word
