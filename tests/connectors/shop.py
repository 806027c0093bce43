"""A small connector to test the kit with, and what belongs to it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.connectors.reader import Reader
from flows.connectors.spec import Connector, parse_connector

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
KEY = "canary-key-4f1c9a"
SECRET = "canary-secret-77b0d2"
TOKEN = "canary-token-0a9e55"
REFRESH = "canary-refresh-c31d08"


def document(**changes: Any) -> dict[str, Any]:
    """A session login with its data host in the answer, as ProHandel has it."""
    return {
        "name": "till",
        "title": "Till",
        "credentials": {
            "api_key": {"title": "API key"},
            "api_secret": {"title": "API secret", "secret": True},
            "auth_url": {"title": "Login address", "kind": "url"},
        },
        "client": {
            "base_url": "{host}/api",
            "auth": {
                "by": "session",
                "login": {
                    "url": "{auth_url}/token",
                    "body": {"apiKey": "api_key", "secret": "api_secret"},
                },
                "token": "token.value",
                "lifetime": "token.expiresIn",
                "refresh": {"url": "{auth_url}/refresh", "bearer": "refresh.value"},
                "host": "serverUrl",
            },
            "requests_per_second": 100,
            "probe": "branch",
        },
        "failures": {
            401: "Till rejected the key. Paste a new one.",
            403: "This key may not read {stream}. Ask for it.",
        },
        "defaults": {
            "key": ["id"],
            "changed": {"take": "lastChange", "zone": "tenant"},
            "pages": {"by": "number", "size": {"pagesize": 2}, "stop": {"header": "X-More"}},
        },
        "streams": {
            "branch": {"path": "branch", "title": "Branches", "load": "full"},
            "sale": {
                "path": "sale",
                "title": "Sales",
                "load": {
                    "by": "segment",
                    "add": "changed/{since}",
                    "overlap": "2 hours",
                    "probe": True,
                },
            },
        },
    } | changes


def connector(**changes: Any) -> Connector:
    return parse_connector(name="till", document=document(**changes))


def stream_document(**changes: Any) -> dict[str, Any]:
    """The document with one stream, `sale`, changed."""
    whole = document()
    sale = whole["streams"]["sale"] | changes
    return whole | {"streams": whole["streams"] | {"sale": sale}}


def grant(url: str, *, token: str = TOKEN, seconds: object = 1800) -> dict[str, Any]:
    return {
        "token": {"value": token, "expiresIn": seconds},
        "refresh": {"value": REFRESH},
        "serverUrl": url,
    }


def credentials(url: str) -> dict[str, str]:
    return {"api_key": KEY, "api_secret": SECRET, "auth_url": url}


class Naps:
    """A sleep that takes no time and remembers how long it would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)

    @property
    def long(self) -> list[float]:
        """Without the gaps that keep the rate limit."""
        return [seconds for seconds in self.taken if seconds > 0.1]


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = NOW
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        with self._lock:
            self.now += timedelta(seconds=seconds)


def reader(
    url: str,
    *,
    of: Connector | None = None,
    naps: Naps | None = None,
    clock: Clock | None = None,
    allow_private: bool = True,
) -> Reader:
    return Reader(
        of or connector(),
        credentials(url),
        allow_private=allow_private,
        time_zone=BERLIN,
        clock=clock or Clock(),
        sleep=naps or Naps(),
    )
