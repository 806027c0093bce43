"""The page about connectors and their streams: its examples work, and it leaves nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml

from flows.connectors.deletes import Deletes
from flows.connectors.formats import Form, Records
from flows.connectors.grammar import GrammarModel
from flows.connectors.jobs import Job, JobStart
from flows.connectors.loads import Changes
from flows.connectors.moments import WORDS, Change, Zone
from flows.connectors.pages import Pages
from flows.connectors.personal import Personal
from flows.connectors.spec import Connector, parse_connector
from flows.connectors.stops import CountIn, StopRule
from flows.connectors.streams import Stream
from tests.house.repository import ROOT

PAGE = (ROOT / "docs/connectors/grammar.md").read_text()
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)]
OUTLETS = {
    "path": "outlets",
    "load": {"by": "parameter", "send": "since", "overlap": "1 hour"},
    "changed": {"take": "updated_at", "zone": "utc"},
    "key": ["id"],
}


def around(**streams: Any) -> dict[str, Any]:
    shop = {"title": "Shop", "pattern": "[a-z]+"}
    return {
        "name": "till",
        "title": "Till",
        "credentials": {"shop": shop, "token": {"title": "Token", "secret": True}},
        "client": {
            "base_url": "https://{shop}.example.com",
            "auth": {"by": "bearer", "token": "token"},
            "requests_per_second": 5,
            "probe": "outlets",
        },
        "streams": {"outlets": OUTLETS} | streams,
    }


def documents(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Whole connectors around an example: that, a stream, or several ways of paging or loading."""
    if "streams" in example:
        yield example
    elif "load" in example:
        yield around(example={"key": ["id"]} | example)
    else:
        for part in example.values():
            is_load = part == "full" or "overlap" in part or "counter" in part
            name = "load" if is_load else "pages"
            stream: dict[str, Any] = {"path": "a", "key": ["id"], "load": "full", "method": "post"}
            stream["changed"] = {"take": "at", "zone": "utc"}
            yield around(example=stream | {name: part})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example)[:60])
def test_an_example_can_be_read(example: dict[str, Any]) -> None:
    for document in documents(example):
        assert parse_connector(name="till", document=document).streams


def choices(kind: Any) -> list[type[GrammarModel]]:
    """The styles of a choice."""
    union = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    return list(get_args(union))


def used(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, part in value.items():
                yield str(name)
                yield from used(part)
        case list():
            for part in value:
                yield from used(part)


def test_every_key_is_shown() -> None:
    shown = set(used(EXAMPLES))
    # Their own page shows those of answers; the others are what a text of one word stands for.
    elsewhere = {"answers", "when", "path"}
    parts: list[type[GrammarModel]] = [Connector, Stream, Records, Change, Job, JobStart]
    parts += [StopRule, CountIn, Personal, Deletes]

    for model in [*choices(Pages), *choices(Changes), *parts]:
        keys = {field.alias or name for name, field in model.model_fields.items()}
        assert keys - elsewhere <= shown, model


def test_every_word_to_choose_from_is_on_the_page() -> None:
    styles = [
        word
        for model in (*choices(Pages), *choices(Changes))
        for word in get_args(model.model_fields["by"].annotation)
    ]
    drift = get_args(Stream.model_fields["drift"].annotation)

    for word in (*styles, *get_args(Form), *WORDS, *get_args(Zone), *drift):
        assert re.search(rf"\b{re.escape(word)}\b", PAGE), word
