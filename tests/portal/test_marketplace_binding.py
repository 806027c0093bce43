"""What credentials are bound to: the same in every process, and another for another place."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from flows.connectors.catalog import connectors
from flows.connectors.document import parse_document
from flows.connectors.spec import parse_connector
from portal.marketplace.binding import addresses_of, binding_of
from tests.portal.marketplace_cast import DOCUMENT


def bound(document: str) -> str:
    return binding_of(parse_connector(name="tillpoint", document=parse_document(document)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"{address}/v1"', '"{address}/v2/rest"'),
        ("title: Address", "title: Where"),
        ("requests_per_second: 50", "limits: [{requests: 5, per: second}]"),
        ("probe: receipts", "probe: shops"),
        ("path: shops", "path: v3/outlets"),
        ("preview: true", "preview: false"),
        ("requests_per_second: 50", "requests_per_second: 50\n  headers: {X-Version: '3'}"),
    ],
)
def test_what_is_read_and_how_often_does_not_matter(old: str, new: str) -> None:
    assert bound(DOCUMENT.replace(old, new)) == bound(DOCUMENT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"{address}/v1"', "https://collector.example/v1"),
        ('"{address}/v1"', '"{address}.collector.example/v1"'),
        ('"{address}/v1"', '"{address}:8443/v1"'),
        ("{by: bearer, token: api_key}", "{by: query, params: {key: '{api_key}'}}"),
        (
            "{by: bearer, token: api_key}",
            "{by: session, login: {url: 'https://x.example/login', body: {k: api_key}}, token: t}",
        ),
        ("{title: Address, kind: url}", "{title: Address, kind: url, default: https://x.example}"),
        ("{title: API key, secret: true}", "{title: API key}"),
        ("  api_key:", "  more: {title: More}\n  api_key:"),
    ],
)
def test_where_credentials_go_and_which_they_are_matters(old: str, new: str) -> None:
    assert bound(DOCUMENT.replace(old, new)) != bound(DOCUMENT)


def test_a_binding_is_the_same_in_every_process() -> None:
    code = (
        "from flows.connectors.catalog import connectors\n"
        "from portal.marketplace.binding import binding_of\n"
        "print([binding_of(each) for _, each in sorted(connectors().items())])"
    )

    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert said == {f"{[binding_of(each) for _, each in sorted(connectors().items())]}\n"}


def test_no_two_connectors_have_the_same_binding() -> None:
    found = [binding_of(each) for each in connectors().values()]

    assert len(set(found)) == len(found)


def test_where_credentials_go_is_said_in_words() -> None:
    connector = parse_connector(name="tillpoint", document=parse_document(DOCUMENT))

    assert addresses_of(connector) == ["the address entered as Address"]
    fixed = DOCUMENT.replace('"{address}/v1"', "https://api.tillpoint.example/v1")
    other = parse_connector(name="tillpoint", document=parse_document(fixed))
    assert addresses_of(other) == ["https://api.tillpoint.example"]
