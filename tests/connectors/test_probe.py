from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler

import pytest

from flows.connectors.probe import Outcome, ProbeResult, probe
from flows.connectors.spec import parse_connector
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

LAST = {"X-More": "False"}
ONE = Reply(body=[{"id": 1}], headers=LAST)
NONE = Reply(body=[], headers=LAST)
# An hour before now, less the overlap of two hours, in Berlin.
CHANGED = "/api/sale/changed/2026-11-21T03:00:00"


def probed(source: FakeSource, *, within: float = 30.0) -> ProbeResult:
    return probe(
        shop.connector(),
        shop.credentials(source.url),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
        sleep=shop.Naps(),
        within=within,
    )


@pytest.fixture
def open_source(source: FakeSource) -> FakeSource:
    source.on("/api/branch", ONE)
    source.on("/api/sale", ONE)
    source.on(CHANGED, NONE)
    return source


def test_a_stream_that_can_be_read_says_so(open_source: FakeSource) -> None:
    result = probed(open_source)

    assert result.problem is None
    assert result.streams["sale"].outcome == Outcome.READABLE
    assert result.streams["sale"].incremental
    assert result.streams["sale"].sentence == "Sales can be read."
    assert not result.streams["branch"].incremental


def test_a_probe_asks_little(open_source: FakeSource) -> None:
    probed(open_source)

    assert len(open_source.requests) == 4
    lists = [seen for seen in open_source.requests if seen.path.startswith("/api/")]
    assert {seen.params["pagesize"] for seen in lists} == {"1"}


def test_an_empty_stream_is_told_from_a_readable_one(open_source: FakeSource) -> None:
    open_source.on("/api/sale", NONE)

    result = probed(open_source)

    assert result.streams["sale"].outcome == Outcome.EMPTY
    assert result.streams["sale"].incremental


@pytest.mark.parametrize(
    ("status", "outcome", "sentence"),
    [
        (403, Outcome.FORBIDDEN, "This key may not read Sales. Ask for it."),
        (401, Outcome.FORBIDDEN, "Till rejected the key. Paste a new one."),
        (404, Outcome.MISSING, "Till does not offer Sales to this connection. Test the"),
        (400, Outcome.FAILED, "Till does not understand the request for Sales. Test the"),
        (500, Outcome.FAILED, "Sales: The source answered with status 500."),
    ],
)
def test_a_stream_that_cannot_be_read_says_why(
    open_source: FakeSource, status: int, outcome: Outcome, sentence: str
) -> None:
    open_source.on("/api/sale", Reply(status=status))

    result = probed(open_source)

    assert result.problem is None
    assert result.streams["sale"].outcome == outcome
    assert result.streams["sale"].sentence.startswith(sentence)
    assert not result.streams["sale"].incremental
    assert result.streams["branch"].outcome == Outcome.READABLE


@pytest.mark.parametrize(
    "reply", [Reply(status=404), Reply(status=400), Reply(body={"id": 1}), Reply(status=500)]
)
def test_a_source_that_cannot_say_what_changed_is_read_whole(
    open_source: FakeSource, reply: Reply
) -> None:
    open_source.on(CHANGED, reply)

    result = probed(open_source)

    assert result.streams["sale"].outcome == Outcome.READABLE
    assert not result.streams["sale"].incremental
    assert "all of it is read each time" in result.streams["sale"].sentence


def test_a_wrong_key_is_one_sentence(open_source: FakeSource) -> None:
    open_source.on("/token", Reply(status=401))

    result = probed(open_source)

    assert result == ProbeResult(problem="Till rejected the key. Paste a new one.", streams={})
    assert len(open_source.requests) == 1


def test_a_key_that_only_logs_in_is_one_sentence(open_source: FakeSource) -> None:
    open_source.on("/api/branch", Reply(status=401))

    assert probed(open_source).problem == "Till rejected the key. Paste a new one."


def test_a_host_that_is_not_there_is_one_sentence() -> None:
    gone = FakeSource()
    gone.close()

    assert probed(gone).problem == "Branches: The connection to 127.0.0.1 failed."


def test_a_refused_host_is_one_sentence() -> None:
    result = probe(
        shop.connector(),
        shop.credentials("https://localhost"),
        allow_private=False,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
    )

    assert result.problem is not None
    assert "leads into a private network" in result.problem


def test_missing_credentials_are_one_sentence() -> None:
    result = probe(
        shop.connector(),
        {"api_key": "k", "auth_url": "https://auth.example"},
        allow_private=False,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
    )

    assert result.problem == (
        "The credentials for Till are not complete. API secret: Enter a value."
    )


def test_a_broken_first_stream_does_not_condemn_the_others(open_source: FakeSource) -> None:
    open_source.on("/api/branch", Reply(status=500))

    result = probed(open_source)

    assert result.problem is None
    assert result.streams["branch"].outcome == Outcome.FAILED
    assert result.streams["sale"].outcome == Outcome.READABLE


@pytest.fixture
def hanging() -> Iterator[Reply]:
    """A reply that comes only when the test is over."""
    over = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(10)
        handler.close_connection = True

    yield Reply(act=hang)
    over.set()


def test_a_slow_stream_does_not_hold_up_the_answer(open_source: FakeSource, hanging: Reply) -> None:
    open_source.on("/api/sale", hanging)
    began = time.monotonic()

    result = probed(open_source, within=1.0)

    assert time.monotonic() - began < 3
    assert result.streams["branch"].outcome == Outcome.READABLE
    assert result.streams["sale"].outcome == Outcome.FAILED


def test_a_source_that_is_down_is_tried_twice_with_a_short_wait(open_source: FakeSource) -> None:
    open_source.on("/api/sale", Reply(status=503))
    began = time.monotonic()

    result = probe(
        shop.connector(),
        shop.credentials(open_source.url),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
    )

    assert 0.2 < time.monotonic() - began < 5
    assert len(open_source.asked("/api/sale")) == 2
    assert not result.streams["sale"].is_readable
    assert result.streams["branch"].is_readable


def test_a_slow_login_does_not_hold_up_the_answer(open_source: FakeSource, hanging: Reply) -> None:
    open_source.on("/token", hanging)
    began = time.monotonic()

    result = probed(open_source, within=0.5)

    assert time.monotonic() - began < 3
    assert result.problem is not None
    assert result.streams == {}


def test_a_bug_is_not_taken_for_a_broken_connection(open_source: FakeSource) -> None:
    def broken_clock() -> datetime:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        probe(
            shop.connector(),
            shop.credentials(open_source.url),
            allow_private=True,
            time_zone=shop.BERLIN,
            clock=broken_clock,
        )


def test_streams_are_in_the_order_of_the_connector(open_source: FakeSource) -> None:
    def late(seen: Seen) -> Reply:
        time.sleep(0.05)
        return ONE

    open_source.on("/api/branch", late)

    assert list(probed(open_source).streams) == ["branch", "sale"]


def tried(source: FakeSource, **stream: object) -> ProbeResult:
    """The till with one more stream, `extra`, that is read in full."""
    document = shop.document()
    extra = {"path": "extra", "title": "Extra", "load": "full", "changed": None}
    document["streams"]["extra"] = extra | stream
    return probe(
        parse_connector(name="till", document=document),
        shop.credentials(source.url),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
        sleep=shop.Naps(),
    )


@pytest.mark.parametrize("name", sorted(paged.STYLES))
def test_every_way_of_paging_is_tried_with_one_page(open_source: FakeSource, name: str) -> None:
    style = paged.STYLES[name]
    items = [{"id": number} for number in range(20)]
    open_source.on("/api/extra", lambda seen: style.answer(items, paged.asked(seen)))

    result = tried(open_source, pages=style.pages, records="data", **style.stream)

    assert result.streams["extra"].outcome == Outcome.READABLE
    assert len(open_source.asked("/api/extra")) == 1


def test_the_size_of_a_post_is_one_record_too(open_source: FakeSource) -> None:
    open_source.on("/api/extra", Reply(body=[{"id": 1}]))
    pages = {"by": "cursor", "send": "c", "take": "n", "size": {"page.limit": 500}, "in": "body"}

    tried(open_source, pages=pages, body={"state": "OPEN"})

    [asked] = open_source.asked("/api/extra")
    assert json.loads(asked.body) == {"state": "OPEN", "page": {"limit": 1}}


def test_a_child_is_tried_with_the_first_parent(open_source: FakeSource) -> None:
    open_source.on("/api/branch", Reply(body=[{"id": 7}, {"id": 8}], headers=LAST))
    open_source.on("/api/branch/7/stock", ONE)

    result = tried(open_source, path="branch/{branch.id}/stock", each="branch")

    assert result.streams["extra"].outcome == Outcome.READABLE
    assert open_source.asked("/api/branch/8/stock") == []


def test_a_child_without_a_parent_to_ask_is_empty(open_source: FakeSource) -> None:
    open_source.on("/api/branch", NONE)

    result = tried(open_source, path="branch/{branch.id}/stock", each="branch")

    assert result.streams["extra"].outcome == Outcome.EMPTY
    assert result.streams["extra"].sentence == (
        "Extra: There is nothing in Branches to ask for yet."
    )


def test_a_child_that_may_not_be_read_says_so(open_source: FakeSource) -> None:
    open_source.on("/api/branch/1/stock", Reply(status=403))

    result = tried(open_source, path="branch/{branch.id}/stock", each="branch")

    assert result.streams["extra"].outcome == Outcome.FORBIDDEN


def test_a_report_is_not_started_for_a_test(open_source: FakeSource) -> None:
    job = {
        "start": {"path": "reports"},
        "id": "id",
        "poll": "reports/{job}",
        "every": "5 seconds",
        "at_most": "5 minutes",
        "state": "state",
        "done": ["DONE"],
        "result": "url",
    }

    result = tried(open_source, job=job)

    assert result.streams["extra"].is_readable
    assert "made when it is read" in result.streams["extra"].sentence
    assert open_source.asked("/api/reports") == []
