"""A till that is signed in to with OAuth, and a safe for what its logins replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from flows.connectors.spec import Connector
from tests.connectors import asking, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

ROTATED = "canary-rotated-51c0"


def oauth(**more: Any) -> dict[str, Any]:
    return {
        "by": "oauth-client",
        "url": "{server}/oauth",
        "id": "client_id",
        "secret": "client_secret",
        **more,
    }


def refreshed(**more: Any) -> dict[str, Any]:
    return oauth(**{"by": "oauth-refresh", "refresh_token": "refresh_token", **more})


def rotating(**more: Any) -> Connector:
    return asking.connector(refreshed(rotated="refresh_token", **more))


def token(text: str = shop.TOKEN, **more: object) -> Reply:
    return Reply(body={"access_token": text, "expires_in": 3600, **more})


def form(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


class Safe:
    """Where what a login replaced is kept, and what the source had been asked by then."""

    def __init__(self, source: FakeSource | None = None, *, fails: int = 0) -> None:
        self.kept: list[dict[str, str]] = []
        self.asked_before: list[list[str]] = []
        self._source = source
        self._fails = fails

    def __call__(self, values: Mapping[str, str]) -> None:
        if self._source:
            self.asked_before.append([seen.path for seen in self._source.requests])
        if self._fails:
            self._fails -= 1
            raise ConnectionError(f"no safe for {values}") from ValueError(dict(values))
        self.kept.append(dict(values))


@pytest.fixture
def till(source: FakeSource) -> FakeSource:
    """A source whose login and list are there."""
    source.on("/oauth", token())
    source.on("/api/sale", Reply(body=[]))
    return source
