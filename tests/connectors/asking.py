"""A client of a small API on loopback, for tests of signing in, limits and failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.client import Client
from flows.connectors.credentials import Credentials, check_values
from flows.connectors.hosts import guarded_session
from flows.connectors.request import Request
from flows.connectors.retries import Patience
from flows.connectors.signin import Keep
from flows.connectors.spec import Connector, parse_connector
from tests.connectors import shop

FIELDS: dict[str, Any] = {
    "server": {"title": "Server", "kind": "url"},
    "client_id": {"title": "Client", "optional": True},
    "client_secret": {"title": "Client secret", "secret": True, "optional": True},
    "refresh_token": {"title": "Refresh token", "secret": True, "optional": True},
}
VALUES = {
    "client_id": "client-7",
    "client_secret": shop.SECRET,
    "refresh_token": shop.REFRESH,
}


def document(
    auth: Mapping[str, Any] | None = None, *, client: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """One stream, `sale`, in one list. `client` is merged into its own part."""
    limits = {} if client and "limits" in client else {"requests_per_second": 100}
    whole = {
        "name": "till",
        "title": "Till",
        "credentials": FIELDS,
        "client": {
            "base_url": "{server}/api",
            "auth": auth or {"by": "none"},
            "probe": "sale",
            **limits,
            **(client or {}),
        },
        "streams": {
            "sale": {"path": "sale", "title": "Sales", "key": ["id"], "load": "full"},
        },
    }
    return whole | more


def connector(
    auth: Mapping[str, Any] | None = None, *, client: Mapping[str, Any] | None = None, **more: Any
) -> Connector:
    return parse_connector(name="till", document=document(auth, client=client, **more))


class Clients:
    """Makes clients and closes what they opened."""

    def __init__(self) -> None:
        self._opened = ExitStack()

    def __call__(
        self,
        connector: Connector,
        url: str,
        *,
        values: Mapping[str, str] | None = None,
        keep: Keep | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], datetime] | None = None,
        patience: Patience | None = None,
        limits_folder: Path | None = None,
    ) -> Client:
        typed = {**VALUES, "server": url} if values is None else {"server": url, **values}
        clean, errors = check_values(fields=connector.credentials, values=typed)
        assert not errors
        return Client(
            connector=connector,
            credentials=Credentials(connector.credentials, clean),
            session=self._opened.enter_context(closing(guarded_session(True, seconds=10))),
            clock=clock or shop.Clock(),
            sleep=sleep or shop.Naps(),
            patience=patience,
            keep=keep,
            limits_folder=limits_folder,
        )

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def client_of() -> Iterator[Clients]:
    with closing(Clients()) as clients:
        yield clients


def ask(client: Client, connector: Connector, request: Request | None = None) -> bytes:
    """The body of one answer."""
    return client.ask(
        stream=connector.streams["sale"],
        request=request or Request(path="sale"),
        read=lambda reply: reply.body,
    )


def refusal(client: Client, connector: Connector) -> Exception:
    """How asking fails. No variable here holds a value, for tests that look at them."""
    try:
        ask(client, connector)
    except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
        return error
    raise AssertionError("It should have failed")
