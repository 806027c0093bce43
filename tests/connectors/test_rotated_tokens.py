"""Refresh tokens that are good only once: none is lost, none is spent twice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.connectors.signin import LoginRefused
from tests.connectors import asking, shop
from tests.connectors.asking import Clients
from tests.connectors.fake_source import FakeSource, Reply, Seen
from tests.connectors.oauth_till import ROTATED, Safe, form, refreshed, rotating, token
from tests.connectors.test_secrets_stay_secret import everything

# So many requests may be under way if a connector does not say it.
AT_ONCE = 4


def test_a_refresh_token_that_stays_is_sent_again(till: FakeSource, client_of: Clients) -> None:
    safe = Safe()
    connector, clock = asking.connector(refreshed()), shop.Clock()
    client = client_of(connector, till.url, clock=clock, keep=safe)

    asking.ask(client, connector)
    clock.pass_(3600)
    asking.ask(client, connector)

    sent = [form(login) for login in till.asked("/oauth")]
    assert [each["grant_type"] for each in sent] == ["refresh_token"] * 2
    assert [each["refresh_token"] for each in sent] == [shop.REFRESH] * 2
    assert safe.kept == []


def test_a_new_refresh_token_is_kept_before_the_access_token_is_used(
    till: FakeSource, client_of: Clients
) -> None:
    till.on("/oauth", token(refresh_token=ROTATED), token("second", refresh_token=f"{ROTATED}-2"))
    safe, clock = Safe(till), shop.Clock()
    client = client_of(rotating(), till.url, clock=clock, keep=safe)

    asking.ask(client, rotating())
    clock.pass_(3600)
    asking.ask(client, rotating())

    assert safe.kept == [{"refresh_token": ROTATED}, {"refresh_token": f"{ROTATED}-2"}]
    assert safe.asked_before == [["/oauth"], ["/oauth", "/api/sale", "/oauth"]]
    sent = [form(login)["refresh_token"] for login in till.asked("/oauth")]
    assert sent == [shop.REFRESH, ROTATED]


@pytest.mark.parametrize("new", [None, "", shop.REFRESH])
def test_a_refresh_token_that_was_not_replaced_is_not_kept_again(
    till: FakeSource, client_of: Clients, new: str | None
) -> None:
    till.on("/oauth", token(refresh_token=new))
    safe = Safe()

    asking.ask(client_of(rotating(), till.url, keep=safe), rotating())

    assert safe.kept == []


def test_without_a_safe_no_refresh_token_is_spent(till: FakeSource, client_of: Clients) -> None:
    with pytest.raises(LoginRefused, match="nowhere to keep the new one") as caught:
        asking.ask(client_of(rotating(), till.url), rotating())

    assert caught.value.stops_run
    assert till.requests == []


def test_a_token_is_not_used_until_what_came_with_it_is_kept(
    till: FakeSource, client_of: Clients
) -> None:
    till.on("/oauth", token(refresh_token=ROTATED), Reply(status=400))
    safe = Safe(fails=2)
    client = client_of(rotating(), till.url, keep=safe)

    for _ in range(2):
        with pytest.raises(ConnectionError):
            asking.ask(client, rotating())
    assert till.asked("/api/sale") == []
    asking.ask(client, rotating())

    assert safe.kept == [{"refresh_token": ROTATED}]
    assert len(till.asked("/oauth")) == 1
    assert len(till.asked("/api/sale")) == 1


def test_a_new_refresh_token_is_kept_even_if_the_rest_of_the_answer_is_of_no_use(
    till: FakeSource, client_of: Clients
) -> None:
    till.on("/oauth", token(refresh_token=ROTATED, instance_url="ftp://x"))
    connector = asking.connector(
        refreshed(rotated="refresh_token", host="instance_url"),
        client={"base_url": "{host}/api"},
    )
    safe = Safe()

    with pytest.raises(LoginRefused, match="a host we cannot use"):
        asking.ask(client_of(connector, till.url, keep=safe), connector)

    assert safe.kept == [{"refresh_token": ROTATED}]


def test_a_safe_that_fails_shows_no_secret(
    till: FakeSource, client_of: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    till.on("/oauth", token(refresh_token=ROTATED))

    def broken(values: Mapping[str, str]) -> None:
        raise ConnectionError("The safe is locked") from ValueError(dict(values))

    told = everything(asking.refusal(client_of(rotating(), till.url, keep=broken), rotating()))

    assert "The safe is locked" in told
    for canary in (ROTATED, shop.REFRESH, shop.SECRET, shop.TOKEN):
        assert canary not in told
        assert canary not in caplog.text


def test_threads_spend_a_refresh_token_once(till: FakeSource, client_of: Clients) -> None:
    everybody_asked = threading.Barrier(AT_ONCE)

    def answer(seen: Seen) -> Reply:
        if seen.headers["authorization"] == f"Bearer {shop.TOKEN}":
            everybody_asked.wait(timeout=10)
            return Reply(status=401)
        return Reply(body=[])

    till.on("/oauth", token(refresh_token="r-1"), token("second", refresh_token="r-2"))
    till.on("/api/sale", answer)
    safe, connector = Safe(), rotating()
    client = client_of(connector, till.url, keep=safe)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(asking.ask, client, connector) for _ in range(AT_ONCE)]:
            done.result()

    assert [form(login)["refresh_token"] for login in till.asked("/oauth")] == [
        shop.REFRESH,
        "r-1",
    ]
    assert safe.kept == [{"refresh_token": "r-1"}, {"refresh_token": "r-2"}]


def test_a_spent_refresh_token_is_not_tried_again_for_each_stream(
    till: FakeSource, client_of: Clients
) -> None:
    till.on("/oauth", Reply(status=400, body={"error": "invalid_grant"}))
    client = client_of(rotating(), till.url, keep=Safe())

    for _ in range(3):
        with pytest.raises(LoginRefused):
            asking.ask(client, rotating())

    assert len(till.requests) == 1
