"""What goes with a request to prove who asks, seen from the source."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import Any

import pytest

from flows.connectors.client import Refused
from flows.connectors.request import Request
from flows.connectors.spec import ConnectorInvalid
from tests.connectors import asking, shop
from tests.connectors.asking import Clients
from tests.connectors.fake_source import FakeSource, Reply, Seen
from tests.connectors.test_secrets_stay_secret import everything


def asked(
    client_of: Clients,
    source: FakeSource,
    auth: dict[str, Any],
    *,
    client: dict[str, Any] | None = None,
    **values: str,
) -> Seen:
    """The one request that a source saw."""
    source.on("/api/sale", Reply(body=[]))
    connector = asking.connector(auth, client=client)
    asking.ask(client_of(connector, source.url, values=values or None), connector)
    [seen] = source.requests
    return seen


def test_whoever_asks_is_answered(source: FakeSource, client_of: Clients) -> None:
    seen = asked(client_of, source, {"by": "none"})

    assert "authorization" not in seen.headers
    assert seen.params == {}


def test_a_token_is_a_bearer(source: FakeSource, client_of: Clients) -> None:
    seen = asked(client_of, source, {"by": "bearer", "token": "client_secret"})

    assert seen.headers["authorization"] == f"Bearer {shop.SECRET}"


def test_keys_go_into_headers_of_their_own(source: FakeSource, client_of: Clients) -> None:
    headers = {"X-Access-Token": "{client_secret}", "X-Who": "id={client_id}", "X-Kind": "app"}

    seen = asked(client_of, source, {"by": "headers", "headers": headers})

    assert seen.headers["x-access-token"] == shop.SECRET
    assert seen.headers["x-who"] == "id=client-7"
    assert seen.headers["x-kind"] == "app"


def test_a_header_of_an_empty_optional_field_is_not_sent(
    source: FakeSource, client_of: Clients
) -> None:
    headers = {"X-Key": "{client_secret}", "X-Account": "{client_id}"}

    seen = asked(
        client_of, source, {"by": "headers", "headers": headers}, client_secret=shop.SECRET
    )

    assert seen.headers["x-key"] == shop.SECRET
    assert "x-account" not in seen.headers


def test_a_key_goes_into_the_query_and_into_no_log(
    source: FakeSource, client_of: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    seen = asked(client_of, source, {"by": "query", "params": {"apikey": "{client_secret}"}})

    assert seen.params == {"apikey": shop.SECRET}
    assert shop.SECRET not in caplog.text


def test_a_user_name_may_be_composed(source: FakeSource, client_of: Clients) -> None:
    auth = {"by": "basic", "user": "{client_id}+public", "password": "{client_secret}"}

    seen = asked(client_of, source, auth)

    pair = b64encode(f"client-7+public:{shop.SECRET}".encode()).decode()
    assert seen.headers["authorization"] == f"Basic {pair}"


def test_a_password_may_be_left_out_and_hold_any_letter(
    source: FakeSource, client_of: Clients
) -> None:
    seen = asked(
        client_of, source, {"by": "basic", "user": "{client_secret}"}, client_secret="sé:cret"
    )

    assert seen.headers["authorization"] == f"Basic {b64encode('sé:cret:'.encode()).decode()}"


def test_headers_of_the_client_go_with_every_request(
    source: FakeSource, client_of: Clients
) -> None:
    headers = {"Revision": "2025-07-15", "ClientId": "{client_id}", "X-Key": "{client_secret}"}

    seen = asked(
        client_of, source, {"by": "bearer", "token": "refresh_token"}, client={"headers": headers}
    )

    assert seen.headers["revision"] == "2025-07-15"
    assert seen.headers["clientid"] == "client-7"
    assert seen.headers["x-key"] == shop.SECRET
    assert seen.headers["authorization"] == f"Bearer {shop.REFRESH}"


STYLES: list[dict[str, Any]] = [
    {"by": "bearer", "token": "client_secret"},
    {"by": "headers", "headers": {"X-Key": "{client_secret}"}},
    {"by": "query", "params": {"key": "{client_secret}"}},
    {"by": "basic", "user": "{client_id}", "password": "{client_secret}"},
]


@pytest.mark.parametrize("auth", STYLES, ids=lambda auth: auth["by"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, body={"echo": shop.SECRET}),
        Reply(status=302, headers={"Location": f"/?key={shop.SECRET}"}),
    ],
)
def test_a_refusal_shows_no_key(
    source: FakeSource,
    client_of: Clients,
    caplog: pytest.LogCaptureFixture,
    auth: dict[str, Any],
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG)
    source.on("/api/sale", reply)
    connector = asking.connector(auth)
    client = client_of(connector, source.url)

    told = everything(asking.refusal(client, connector))

    basic = b64encode(f"client-7:{shop.SECRET}".encode()).decode()
    for canary in (shop.SECRET, basic):
        assert canary not in told
        assert canary not in caplog.text


@pytest.mark.parametrize("auth", STYLES, ids=lambda auth: auth["by"])
def test_a_key_with_letters_of_any_kind_breaks_nothing(
    source: FakeSource, client_of: Clients, auth: dict[str, Any]
) -> None:
    seen = asked(client_of, source, auth, client_id="c", client_secret="clé-ключ")

    assert seen.path == "/api/sale"


def test_a_key_that_the_source_repeats_in_an_address_is_sent_once(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/api/sale", Reply(body=[]))
    connector = asking.connector({"by": "query", "params": {"key": "{client_secret}"}})
    client = client_of(connector, source.url)
    url = f"{source.url}/api/sale?key={shop.SECRET}&page=2&q=a%20b"
    replies = []

    client.ask(
        stream=connector.streams["sale"], request=Request(url=url), read=lambda r: replies.append(r)
    )

    [seen] = source.requests
    assert seen.params == {"page": "2", "q": "a b", "key": shop.SECRET}
    assert shop.SECRET not in replies[0].url


def test_no_key_goes_to_another_host(source: FakeSource, client_of: Clients) -> None:
    connector = asking.connector(STYLES[1])
    client = client_of(connector, source.url)
    elsewhere = source.url.replace("127.0.0.1", "localhost")

    with pytest.raises(Refused, match="Sales: The next page is on another host"):
        asking.ask(client, connector, Request(url=f"{elsewhere}/api/sale"))

    assert source.requests == []


def test_a_host_that_is_named_is_asked_without_any_key(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/file", Reply(body=[1]))
    connector = asking.connector(
        STYLES[1], client={"headers": {"X-Fixed": "yes", "X-Secret": "{client_secret}"}}
    )
    client = client_of(connector, source.url)
    elsewhere = source.url.replace("127.0.0.1", "localhost")

    asking.ask(client, connector, Request(url=f"{elsewhere}/file", hosts=frozenset({"localhost"})))

    [seen] = source.requests
    assert not {"x-key", "x-fixed", "x-secret", "authorization"} & set(seen.headers)


def test_a_named_host_that_says_401_stops_its_stream_alone(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/file", Reply(status=401))
    connector = asking.connector(STYLES[0], failures={401: "Paste a new key."})
    client = client_of(connector, source.url)
    url = source.url.replace("127.0.0.1", "localhost") + "/file"

    with pytest.raises(Refused, match="Sales: The source answered with status 401") as caught:
        asking.ask(client, connector, Request(url=url, hosts=frozenset({"localhost"})))

    assert not caught.value.stops_run


@pytest.mark.parametrize(
    ("client", "place"),
    [
        ({"base_url": "https://{client_secret}.example"}, "client.base_url: client_secret becomes"),
        ({"base_url": "https://{shop}.example"}, "client.base_url: There is no credential shop"),
        ({"base_url": "https://{client_id}.example"}, "client.base_url: client_id becomes part"),
        ({"auth": {"by": "bearer", "token": "tokn"}}, "client.auth: There is no credential tokn"),
        ({"headers": {"X": "{nothing}"}}, "client.headers.X: There is no credential nothing"),
        ({"headers": {"Host": "x.example"}}, "client.headers: Host is for the transport"),
        ({"headers": {"X Y": "1"}}, "Write the name of a header"),
        ({"auth": {"by": "headers", "headers": {"X": "a\nb"}}}, "Write one line of text"),
        (
            {"auth": {"by": "query", "params": {"k": "{nothing}"}}},
            "client.auth: There is no credential nothing",
        ),
        (
            {
                "auth": {
                    "by": "oauth-client",
                    "url": "https://{client_secret}.example/token",
                    "id": "client_id",
                    "secret": "client_secret",
                }
            },
            "client.auth.url: client_secret becomes part of an address",
        ),
    ],
)
def test_a_credential_is_only_used_where_it_may_be(client: dict[str, Any], place: str) -> None:
    with pytest.raises(ConnectorInvalid) as caught:
        asking.connector(client=client)

    assert str(caught.value).startswith("till: ")
    assert place in str(caught.value)


def test_a_field_that_may_be_empty_is_no_part_of_an_address() -> None:
    fields = {**asking.FIELDS, "region": {"title": "R", "pattern": "[a-z]+", "optional": True}}

    with pytest.raises(ConnectorInvalid, match="must not be optional without a default"):
        asking.connector(client={"base_url": "https://{region}.example"}, credentials=fields)
