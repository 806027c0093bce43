"""Logins that answer with a token: what they send, what is made of the answer, what they show."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from flows.connectors.signin import LoginRefused
from flows.connectors.spec import Connector
from tests.connectors import asking, shop
from tests.connectors.asking import Clients
from tests.connectors.fake_source import FakeSource, Reply
from tests.connectors.oauth_till import Safe, form, oauth, rotating, token
from tests.connectors.test_secrets_stay_secret import everything


def test_a_client_logs_in_with_a_form(till: FakeSource, client_of: Clients) -> None:
    connector = asking.connector(oauth(scope="read write", extra={"audience": "x {client_id}"}))

    asking.ask(client_of(connector, till.url), connector)

    login, sale = till.requests
    assert login.method == "POST"
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form(login) == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "x client-7",
        "client_id": "client-7",
        "client_secret": shop.SECRET,
    }
    assert sale.headers["authorization"] == f"Bearer {shop.TOKEN}"


def test_id_and_secret_may_go_into_a_header(till: FakeSource, client_of: Clients) -> None:
    connector = asking.connector(oauth(send="basic"))

    asking.ask(client_of(connector, till.url), connector)

    login = till.requests[0]
    pair = b64encode(f"client-7:{shop.SECRET}".encode()).decode()
    assert login.headers["authorization"] == f"Basic {pair}"
    assert form(login) == {"grant_type": "client_credentials"}


def test_the_token_may_go_into_a_header_of_its_own(till: FakeSource, client_of: Clients) -> None:
    connector = asking.connector(oauth(header="X-Access-Token", prefix=""))

    asking.ask(client_of(connector, till.url), connector)

    sale = till.requests[1]
    assert sale.headers["x-access-token"] == shop.TOKEN
    assert "authorization" not in sale.headers


def test_a_grant_of_another_name_may_be_asked_for(till: FakeSource, client_of: Clients) -> None:
    extra = {"grant_type": "account_credentials", "account_id": "{client_id}"}
    connector = asking.connector(oauth(send="basic", extra=extra))

    asking.ask(client_of(connector, till.url), connector)

    assert form(till.requests[0]) == {
        "grant_type": "account_credentials",
        "account_id": "client-7",
    }


def test_the_host_of_the_data_may_be_in_the_answer(till: FakeSource, client_of: Clients) -> None:
    till.on("/oauth", token(instance_url=f"{till.url}/"))
    connector = asking.connector(oauth(host="instance_url"), client={"base_url": "{host}/api"})

    asking.ask(client_of(connector, till.url), connector)

    assert till.requests[1].path == "/api/sale"


@pytest.mark.parametrize("host", ["http://127.0.0.1:1@x", "ftp://x", "http://x?a", "https://", ""])
def test_a_host_in_the_answer_has_to_be_one(
    till: FakeSource, client_of: Clients, host: str
) -> None:
    till.on("/oauth", token(instance_url=host))
    connector = asking.connector(oauth(host="instance_url"), client={"base_url": "{host}/api"})

    with pytest.raises(LoginRefused, match="host") as caught:
        asking.ask(client_of(connector, till.url), connector)

    assert caught.value.stops_run
    assert len(till.requests) == 1


def test_a_token_is_renewed_before_it_ends(till: FakeSource, client_of: Clients) -> None:
    till.on("/oauth", token(), token("canary-token-second"))
    connector, clock = asking.connector(oauth()), shop.Clock()
    client = client_of(connector, till.url, clock=clock)

    asking.ask(client, connector)
    clock.pass_(3600 - 301)
    asking.ask(client, connector)
    clock.pass_(1)
    asking.ask(client, connector)

    assert len(till.asked("/oauth")) == 2
    assert till.asked("/api/sale")[-1].headers["authorization"] == "Bearer canary-token-second"


def test_the_vendor_may_document_how_long_a_token_lasts(
    till: FakeSource, client_of: Clients
) -> None:
    till.on("/oauth", Reply(body={"access_token": shop.TOKEN}))
    connector, clock = asking.connector(oauth(lifetime="50 minutes")), shop.Clock()
    client = client_of(connector, till.url, clock=clock)

    asking.ask(client, connector)
    clock.pass_(45 * 60)
    asking.ask(client, connector)

    assert len(till.asked("/oauth")) == 2


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (Reply(status=400, body={"error": "invalid_grant"}), 401, r"status 400 \(invalid_grant\)"),
        (Reply(status=401, body={"error": "invalid_client"}), 401, r"401 \(invalid_client\)"),
        (Reply(status=400, body={"error": "invalid_scope"}), 400, r"400 \(invalid_scope\)"),
        (Reply(status=400, body={"error": f"x {shop.SECRET}"}), 400, r"status 400\. Check"),
        (Reply(status=400, body={"error": {"a": 1}}), 400, r"status 400\. Check"),
        (Reply(status=403, body=b"<html>"), 403, r"status 403\. Check"),
        (Reply(body={"token": "x"}), None, "no token at access_token"),
        (Reply(body=b"<html>"), None, "not answered in JSON"),
    ],
)
def test_a_login_that_is_refused_says_why_and_stops_the_run(
    till: FakeSource, client_of: Clients, reply: Reply, status: int | None, said: str
) -> None:
    till.on("/oauth", reply)
    connector = asking.connector(oauth())
    client = client_of(connector, till.url)

    with pytest.raises(LoginRefused, match=said) as caught:
        asking.ask(client, connector)

    assert caught.value.status == status
    assert caught.value.stops_run
    assert shop.SECRET not in str(caught.value)
    assert till.asked("/api/sale") == []


LOGINS: dict[str, Callable[[], Connector]] = {
    "client": lambda: asking.connector(oauth()),
    "basic": lambda: asking.connector(oauth(send="basic")),
    "refresh": rotating,
    "session": lambda: asking.connector(session()),
}


def session(**more: Any) -> dict[str, Any]:
    login = {
        "url": "{server}/oauth",
        "form": {"user": "client_id", "pass": "client_secret"},
        "extra": {"grant_type": "password"},
    }
    return {"by": "session", "login": login, "token": "access_token", **more}


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=400, body={"error": "invalid_grant", "echo": f"{shop.SECRET}{shop.REFRESH}"}),
        Reply(body={"echo": [shop.SECRET, shop.REFRESH, shop.TOKEN]}),
        Reply(status=503, body=shop.SECRET.encode()),
        Reply(body=b"{", length=99),
    ],
    ids=["refused", "odd", "down", "cut"],
)
def test_a_login_that_fails_shows_no_secret(
    till: FakeSource,
    client_of: Clients,
    caplog: pytest.LogCaptureFixture,
    login: str,
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG)
    till.on("/oauth", reply)
    connector = LOGINS[login]()

    told = everything(asking.refusal(client_of(connector, till.url, keep=Safe()), connector))

    pair = b64encode(f"client-7:{shop.SECRET}".encode()).decode()
    for canary in (shop.SECRET, shop.REFRESH, shop.TOKEN, pair):
        assert canary not in told
        assert canary not in caplog.text


def test_a_session_may_be_opened_with_a_form_and_say_itself_in_its_own_way(
    till: FakeSource, client_of: Clients
) -> None:
    connector = asking.connector(
        session(header="X-Session", prefix="Token ", lifetime="20 minutes")
    )

    asking.ask(client_of(connector, till.url), connector)

    login, sale = till.requests
    assert form(login) == {
        "user": "client-7",
        "pass": shop.SECRET,
        "grant_type": "password",
    }
    assert sale.headers["x-session"] == f"Token {shop.TOKEN}"
