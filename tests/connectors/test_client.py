"""How a source is asked: within its limits, and with the patience that its answers call for."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.client import Refused
from flows.connectors.request import Request
from flows.connectors.retries import GaveUp, Patience
from tests.connectors import asking, shop
from tests.connectors.asking import Clients
from tests.connectors.fake_source import FakeSource, Reply

OK = Reply(body=[])
SOON = int(shop.NOW.timestamp()) + 30


def naps_of(
    source: FakeSource,
    client_of: Clients,
    *replies: Reply,
    client: dict[str, Any] | None = None,
    **more: Any,
) -> list[float]:
    """How long it was waited for an answer, without the gaps of the limit."""
    source.on("/api/sale", *replies)
    connector, naps = asking.connector(client=client, **more), shop.Naps()
    asking.ask(client_of(connector, source.url, sleep=naps), connector)
    return naps.long


def date(**later: float) -> str:
    return format_datetime(shop.NOW + timedelta(**later), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"), [("2", 2.0), (date(seconds=7), 7.0), (" 120 ", 120.0)]
)
def test_a_source_that_says_when_is_asked_again_then(
    source: FakeSource, client_of: Clients, header: str, seconds: float
) -> None:
    refusal = Reply(status=429, headers={"Retry-After": header})

    assert naps_of(source, client_of, refusal, OK) == [pytest.approx(seconds, abs=0.1)]


@pytest.mark.parametrize("header", [date(minutes=-1), "-5", "abc", "1.5", "2, 2", "", "9" * 30])
def test_a_moment_that_makes_no_sense_is_as_good_as_none(
    source: FakeSource, client_of: Clients, header: str
) -> None:
    refusal = Reply(status=429, headers={"Retry-After": header})

    [nap] = naps_of(source, client_of, refusal, OK)

    assert 0.5 <= nap <= 1.1


def test_two_headers_that_say_when_say_nothing(source: FakeSource, client_of: Clients) -> None:
    def twice(handler: Any) -> None:
        handler.send_response(429)
        handler.send_header("Retry-After", "40")
        handler.send_header("Retry-After", "50")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    [nap] = naps_of(source, client_of, Reply(act=twice), OK)

    assert 0.5 <= nap <= 1.1


def test_a_moment_in_ten_years_ends_the_read_and_holds_up_nobody_for_long(
    source: FakeSource, client_of: Clients, tmp_path: Path
) -> None:
    source.on("/api/sale", Reply(status=429, headers={"Retry-After": date(days=3650)}))
    connector, naps = asking.connector(), shop.Naps()
    client = client_of(connector, source.url, sleep=naps, limits_folder=tmp_path)

    with pytest.raises(GaveUp) as first:
        asking.ask(client, connector)
    with pytest.raises(GaveUp) as second:
        asking.ask(client, connector)

    assert first.value.retry_after == timedelta(days=3650)
    assert second.value.retry_after is not None
    assert second.value.retry_after <= timedelta(hours=1)
    assert len(source.requests) == 1
    assert naps.long == []


def test_a_source_that_refuses_for_ever_is_asked_five_times(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/api/sale", Reply(status=429))
    connector, naps = asking.connector(), shop.Naps()

    with pytest.raises(GaveUp, match="asked us to slow down"):
        asking.ask(client_of(connector, source.url, sleep=naps), connector)

    assert len(source.requests) == 5
    assert sum(naps.taken) < 600


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("seconds", "30"),
        ("epoch-seconds", str(SOON)),
        ("epoch-milliseconds", f"{SOON}000"),
        ("date", date(seconds=30)),
    ],
)
def test_a_header_of_the_sources_own_may_say_when(
    source: FakeSource, client_of: Clients, form: str, text: str
) -> None:
    refusal = Reply(status=429, headers={"X-Reset": text, "Retry-After": "2"})
    wait = {"header": "X-Reset", "as": form}

    naps = naps_of(source, client_of, refusal, OK, client={"wait": wait})

    assert naps == [pytest.approx(30, abs=0.1)]


def test_a_source_that_is_down_says_when_too(source: FakeSource, client_of: Clients) -> None:
    down = Reply(status=500, headers={"Retry-After": "9"})

    assert naps_of(source, client_of, down, OK) == [pytest.approx(9, abs=0.1)]


def test_nothing_left_is_waited_out_before_the_next_request(
    source: FakeSource, client_of: Clients
) -> None:
    throttle = {"by": "remaining", "header": "Left", "reset": "Reset", "as": "epoch-seconds"}
    source.on("/api/sale", Reply(body=[], headers={"Left": "0", "Reset": str(SOON)}), OK)
    connector, naps = asking.connector(client={"throttle": throttle}), shop.Naps()
    client = client_of(connector, source.url, sleep=naps)

    asking.ask(client, connector)
    assert naps.long == []
    asking.ask(client, connector)

    assert naps.long == [pytest.approx(30, abs=0.1)]


def test_a_reset_far_away_ends_the_read_and_says_when(
    source: FakeSource, client_of: Clients
) -> None:
    throttle = {"by": "remaining", "header": "Left", "reset": "Reset"}
    source.on("/api/sale", Reply(body=[], headers={"Left": "0", "Reset": "1800"}))
    connector = asking.connector(client={"throttle": throttle})
    client = client_of(connector, source.url)
    asking.ask(client, connector)

    with pytest.raises(GaveUp, match="limit of the source is used up") as caught:
        asking.ask(client, connector)

    assert caught.value.retry_after == pytest.approx(timedelta(seconds=1800), abs=timedelta(1))
    assert len(source.requests) == 1


def throttled(left: float) -> Reply:
    cost = {
        "requestedQueryCost": 100,
        "throttleStatus": {"currentlyAvailable": left, "restoreRate": 50},
    }
    return Reply(
        body={"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}
    )


COST = {
    "by": "cost",
    "available": "extensions.cost.throttleStatus.currentlyAvailable",
    "restored": "extensions.cost.throttleStatus.restoreRate",
    "asked": "extensions.cost.requestedQueryCost",
}
SLOW = {"status": 200, "at": "errors.0.extensions.code", "is": "THROTTLED", "then": "wait"}


def test_a_question_that_cannot_be_paid_is_asked_again_when_it_can(
    source: FakeSource, client_of: Clients
) -> None:
    naps = naps_of(source, client_of, throttled(0), OK, client={"throttle": COST}, answers=[SLOW])

    assert naps == [pytest.approx(2, abs=0.1)]


def test_a_rule_may_call_a_refusal_a_reason_to_wait(source: FakeSource, client_of: Clients) -> None:
    rule = {
        "status": [400, 403],
        "at": "error.code",
        "matches": "^RATE",
        "then": "wait",
        "say": "{stream} is busy.",
    }
    source.on("/api/sale", Reply(status=403, body={"error": {"code": "RATE_LIMITED"}}))
    connector = asking.connector(answers=[rule])

    with pytest.raises(GaveUp, match=r"^Sales is busy$"):
        asking.ask(client_of(connector, source.url), connector)

    assert len(source.requests) == 5


@pytest.mark.parametrize(
    ("status", "more", "told", "stops_run"),
    [
        (401, {}, "Till asks for a login, and this connector has none", True),
        (403, {}, "Till does not let this connection read Sales. Allow it there", False),
        (402, {}, "Sales: The source answered with status 402. Ask its support", False),
        (302, {}, "Sales: The source points to another address", False),
        (401, {"failures": {401: "Paste a new key."}}, "Paste a new key.", True),
        (
            401,
            {"failures": {401: {"then": "stop-stream", "say": "Not {stream}."}}},
            "Not Sales.",
            False,
        ),
        (
            402,
            {"failures": {402: {"then": "stop-run", "say": "The plan has no API."}}},
            "The plan has no API.",
            True,
        ),
        (
            200,
            {"answers": [{"at": "error", "then": "stop-run", "say": "{stream}: closed."}]},
            "Sales: closed.",
            True,
        ),
    ],
)
def test_what_a_refusal_stops_and_says(
    source: FakeSource,
    client_of: Clients,
    status: int,
    more: dict[str, Any],
    told: str,
    stops_run: bool,
) -> None:
    source.on("/api/sale", Reply(status=status, body={"error": "no"}))
    connector = asking.connector(**more)

    with pytest.raises(Refused) as caught:
        asking.ask(client_of(connector, source.url), connector)

    assert str(caught.value).startswith(told)
    assert caught.value.stops_run is stops_run
    assert caught.value.status == status
    assert len(source.requests) == 1


def test_a_rule_about_a_401_is_heard_before_a_new_login(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/oauth", Reply(body={"access_token": shop.TOKEN}))
    source.on("/api/sale", Reply(status=401, body={"code": "busy"}), OK)
    auth = {"by": "oauth-client", "url": "{server}/oauth", "id": "client_id"}
    connector = asking.connector(
        {**auth, "secret": "client_secret"},
        answers=[{"status": 401, "at": "code", "is": "busy", "then": "retry"}],
    )

    asking.ask(client_of(connector, source.url), connector)

    assert len(source.asked("/oauth")) == 1
    assert len(source.asked("/api/sale")) == 2


def test_a_post_carries_what_is_asked(source: FakeSource, client_of: Clients) -> None:
    source.on("/api/sale", OK)
    connector = asking.connector()

    asking.ask(
        client_of(connector, source.url),
        connector,
        Request(path="sale", method="POST", body={"after": None}, headers={"X-Page": "2"}),
    )

    [seen] = source.requests
    assert (seen.method, seen.body) == ("POST", b'{"after":null}')
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-page"] == "2"


def test_a_limit_of_a_day_that_is_used_up_ends_the_read(
    source: FakeSource, client_of: Clients
) -> None:
    source.on("/api/sale", OK)
    connector = asking.connector(client={"limits": [{"requests": 24, "per": "day", "burst": 2}]})
    client = client_of(connector, source.url, patience=Patience())

    for _ in range(2):
        asking.ask(client, connector)
    with pytest.raises(GaveUp) as caught:
        asking.ask(client, connector)

    assert caught.value.retry_after is not None
    assert timedelta(minutes=59) < caught.value.retry_after <= timedelta(hours=1)
    assert len(source.requests) == 2
