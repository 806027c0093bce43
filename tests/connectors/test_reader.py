from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from flows.connectors.reader import Page, Reader, ReadFailed, ReadInterrupted, RunStopped
from flows.connectors.spec import parse_connector
from tests.connectors import shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

MORE = {"X-More": "True"}
LAST = {"X-More": "False"}


def sales(source: FakeSource, *replies: Reply | Callable[[Seen], Reply]) -> None:
    source.on("/api/sale", *replies)


def texts(pages: list[Page]) -> list[str]:
    return [bytes(record).decode() for page in pages for record in page.records]


def read(source: FakeSource, **options: Any) -> list[Page]:
    with shop.reader(source.url, **options) as reader:
        return list(reader.pages("sale", since=None))


def test_pages_come_whole_and_in_order(source: FakeSource) -> None:
    sales(
        source,
        Reply(body=b'[{"id" : 1.0},{"id":2}]', headers=MORE),
        Reply(body=b'[{"id":3}]', headers=LAST),
    )

    pages = read(source)

    assert texts(pages) == ['{"id" : 1.0}', '{"id":2}', '{"id":3}']
    assert [page.number for page in pages] == [1, 2]
    assert [page.bytes for page in pages] == [23, 10]
    assert pages[0].received_at == shop.NOW
    assert [seen.params["page"] for seen in source.asked("/api/sale")] == ["1", "2"]


def test_the_login_sends_the_credentials_and_the_list_the_token(source: FakeSource) -> None:
    sales(source, Reply(body=[], headers=LAST))

    read(source)

    [login] = source.asked("/token")
    assert login.method == "POST"
    assert login.headers["content-type"] == "application/json"
    assert login.body == f'{{"apiKey":"{shop.KEY}","secret":"{shop.SECRET}"}}'.encode()
    assert source.asked("/api/sale")[0].headers["authorization"] == f"Bearer {shop.TOKEN}"


def test_an_empty_list_is_one_empty_page(source: FakeSource) -> None:
    sales(source, Reply(body=[], headers=LAST))

    assert [list(page.records) for page in read(source)] == [[]]


def test_what_changed_is_asked_for_with_some_overlap(source: FakeSource) -> None:
    source.on("/api/sale/changed/2026-11-20T22:00:00", Reply(body=[{"id": 1}], headers=LAST))

    with shop.reader(source.url) as reader:
        pages = list(reader.pages("sale", since=datetime(2026, 11, 20, 23, tzinfo=UTC)))

    assert texts(pages) == ['{"id": 1}']


def test_a_stream_can_be_read_whole_in_spite_of_its_bookmark(source: FakeSource) -> None:
    sales(source, Reply(body=[{"id": 1}], headers=LAST))

    with shop.reader(source.url) as reader:
        pages = list(reader.pages("sale", since=shop.NOW, incremental=False))

    assert len(pages) == 1


def test_a_bookmark_without_a_zone_is_a_bug(source: FakeSource) -> None:
    naive = shop.NOW.replace(tzinfo=None)

    with shop.reader(source.url) as reader, pytest.raises(ValueError, match="time zone"):
        next(reader.pages("sale", since=naive))


def test_the_next_page_is_fetched_while_one_is_handled_but_not_more(source: FakeSource) -> None:
    def endless(seen: Seen) -> Reply:
        return Reply(body=[{"id": seen.params["page"]}], headers=MORE)

    sales(source, endless)
    with shop.reader(source.url) as reader:
        pages = reader.pages("sale", since=None)
        next(pages)

        until = time.monotonic() + 5
        while len(source.asked("/api/sale")) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)

        assert len(source.asked("/api/sale")) == 2
        pages.close()


def test_pages_before_a_failure_are_given_first(source: FakeSource) -> None:
    sales(source, Reply(body=[{"id": 1}], headers=MORE), Reply(status=403))

    with shop.reader(source.url) as reader:
        pages = reader.pages("sale", since=None)
        assert next(pages).number == 1
        with pytest.raises(ReadFailed, match=r"This key may not read Sales\. Ask for it\."):
            next(pages)


@pytest.mark.parametrize(("status", "stops"), [(401, True), (403, False), (404, False)])
def test_a_key_that_is_refused_stops_the_run_and_a_stream_that_is_not_allowed_itself(
    source: FakeSource, status: int, stops: bool
) -> None:
    sales(source, Reply(status=status))

    with pytest.raises(ReadFailed) as caught:
        read(source)

    assert isinstance(caught.value, RunStopped) is stops


def test_stopping_early_does_not_wait_for_a_source_that_is_down(source: FakeSource) -> None:
    sales(source, Reply(body=[{"id": 1}], headers=MORE), Reply(status=503))
    began, others = time.monotonic(), {*threading.enumerate()}

    with Reader(
        shop.connector(),
        shop.credentials(source.url),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
    ) as reader:
        pages = reader.pages("sale", since=None)
        next(pages)
        until = time.monotonic() + 5
        while len(source.asked("/api/sale")) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        pages.close()

    assert time.monotonic() - began < 2
    for thread in {*threading.enumerate()} - others:
        if thread.name.startswith("read-"):
            thread.join(timeout=5)
            assert not thread.is_alive()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 408])
def test_what_may_pass_is_tried_again(source: FakeSource, status: int) -> None:
    naps = shop.Naps()
    sales(source, Reply(status=status), Reply(status=status), Reply(body=[{"id": 1}], headers=LAST))

    pages = read(source, naps=naps)

    assert texts(pages) == ['{"id": 1}']
    assert len(naps.long) == 2


def test_a_source_that_stays_down_interrupts_after_five_tries(source: FakeSource) -> None:
    sales(source, Reply(status=503))

    with pytest.raises(ReadInterrupted, match="Sales: The source answered with status 503"):
        read(source)

    assert len(source.asked("/api/sale")) == 5


def test_retry_after_is_kept(source: FakeSource) -> None:
    naps = shop.Naps()
    sales(
        source,
        Reply(status=429, headers={"Retry-After": "7"}),
        Reply(status=503, headers={"Retry-After": "Sat, 21 Nov 2026 05:00:20 GMT"}),
        Reply(body=[], headers=LAST),
    )

    read(source, naps=naps)

    assert naps.long == [7.0, 20.0]


def test_a_source_that_wants_hours_is_left_alone_until_then(source: FakeSource) -> None:
    sales(source, Reply(status=429, headers={"Retry-After": "7200"}))

    with pytest.raises(ReadInterrupted, match="come back at 2026-11-21 07:00 UTC") as caught:
        read(source)

    assert caught.value.retry_at == shop.NOW + timedelta(hours=2)
    assert len(source.asked("/api/sale")) == 1


def chunks_cut_short(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n")
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


BROKEN = [
    Reply(body=b'[{"id":1}]', length=400),
    Reply(act=chunks_cut_short),
    Reply(act=reset),
    Reply(body=b'[{"id":1}', headers=LAST),
    Reply(body=b"", headers=LAST),
    Reply(body=b'["\xff"]', headers=LAST),
    Reply(body=b"plain", headers=LAST | {"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_damaged_answer_is_asked_for_again(source: FakeSource, broken: Reply) -> None:
    sales(source, broken, Reply(body=[{"id": 1}], headers=LAST))

    assert texts(read(source)) == ['{"id": 1}']


@pytest.mark.parametrize("broken", BROKEN)
def test_a_damaged_answer_is_never_a_short_page(source: FakeSource, broken: Reply) -> None:
    sales(source, broken)

    with pytest.raises(ReadInterrupted):
        read(source)

    assert len(source.asked("/api/sale")) == 5


@pytest.mark.parametrize(
    "odd",
    [
        Reply(body=b"<html>Maintenance</html>", headers=LAST),
        Reply(body={"error": "try later"}, headers=LAST),
        Reply(body=b"null", headers=LAST),
    ],
)
def test_an_odd_answer_is_an_error_and_never_an_empty_page(source: FakeSource, odd: Reply) -> None:
    sales(source, odd)

    with pytest.raises(ReadFailed, match="Sales: The source answered with"):
        read(source)

    assert len(source.asked("/api/sale")) == 2


def test_an_answer_without_its_list_is_an_error(source: FakeSource) -> None:
    sales(source, Reply(body={"items": []}))
    connector = parse_connector(name="till", document=shop.stream_document(records="data.items"))

    with pytest.raises(ReadFailed, match=r"no list at data\.items"):
        read(source, of=connector)


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 307, 400, 402, 404, 405, 410, 418])
def test_no_status_is_ignored(source: FakeSource, status: int) -> None:
    sales(source, Reply(status=status, headers={"Location": "/elsewhere"}))

    with pytest.raises(ReadFailed) as caught:
        read(source)

    assert caught.value.status == status
    assert len(source.requests) == 2


def test_the_same_page_twice_is_stuck(source: FakeSource) -> None:
    sales(source, Reply(body=[{"id": 1}], headers=MORE))

    with pytest.raises(ReadFailed, match="Sales, page 2: pagination stuck"):
        read(source)


def test_cursors_that_go_round_are_stuck(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        following = {"": "a", "a": "b", "b": "a"}[seen.params.get("after", "")]
        return Reply(body={"data": [{"id": len(source.requests)}], "next": following})

    sales(source, answer)
    pages = {"by": "cursor", "send": "after", "take": "next"}
    document = shop.stream_document(pages=pages, records="data")

    with pytest.raises(ReadFailed, match="pagination stuck"):
        read(source, of=parse_connector(name="till", document=document))


def test_some_empty_pages_are_fine_but_not_without_end(source: FakeSource) -> None:
    empty = [Reply(body=[], headers=MORE)] * 4
    sales(source, *empty, Reply(body=[{"id": 1}], headers=LAST))
    assert texts(read(source)) == ['{"id": 1}']

    sales(source, Reply(body=[], headers=MORE))
    with pytest.raises(ReadFailed, match="over 10 empty pages"):
        read(source)


def test_an_endless_source_is_stopped(monkeypatch: pytest.MonkeyPatch, source: FakeSource) -> None:
    monkeypatch.setattr("flows.connectors.progress._MOST_PAGES", 5)
    sales(source, lambda seen: Reply(body=[{"id": seen.params["page"]}], headers=MORE))

    with pytest.raises(ReadFailed, match="page 6: pagination stuck: over 5 pages"):
        read(source)


def test_an_answer_that_is_too_large_is_not_asked_for_five_times(
    monkeypatch: pytest.MonkeyPatch, source: FakeSource
) -> None:
    monkeypatch.setattr("flows.connectors.unpack.LARGEST_ANSWER", 1024)
    sales(source, Reply(body=b"x" * 4096))

    with pytest.raises(ReadFailed, match="The answer is larger than"):
        read(source)

    assert len(source.asked("/api/sale")) == 2


@pytest.mark.parametrize(
    "error",
    [ReadFailed("No.", status=403), ReadInterrupted("Later.", retry_at=shop.NOW)],
)
def test_an_error_survives_the_way_to_another_process(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_requests_keep_the_rate_of_the_credential(source: FakeSource) -> None:
    def three_pages(seen: Seen) -> Reply:
        headers = MORE if seen.params["page"] < "3" else LAST
        return Reply(body=[{"id": seen.params["page"]}], headers=headers)

    sales(source, three_pages)
    naps = shop.Naps()
    client = shop.document()["client"] | {"requests_per_second": 2}

    read(source, of=shop.connector(client=client), naps=naps)

    assert len(naps.taken) == 2
    assert naps.taken[0] == pytest.approx(0.5, abs=0.2)


def test_incomplete_credentials_are_the_tenants_to_complete() -> None:
    with pytest.raises(ReadFailed, match=r"credentials for Till are not complete\. API secret: "):
        Reader(
            shop.connector(),
            {"api_key": "k", "auth_url": "https://auth.example"},
            allow_private=False,
            time_zone=shop.BERLIN,
            clock=shop.Clock(),
        )


def test_a_private_host_is_refused_when_it_is_not_allowed() -> None:
    with (
        Reader(
            shop.connector(),
            shop.credentials("https://127.1:9"),
            allow_private=False,
            time_zone=shop.BERLIN,
            clock=shop.Clock(),
        ) as reader,
        pytest.raises(ReadFailed, match="leads into a private network"),
    ):
        next(reader.pages("sale", since=None))


def test_a_source_that_is_gone_interrupts(source: FakeSource) -> None:
    gone = FakeSource()
    gone.close()

    with pytest.raises(ReadInterrupted, match=r"The connection to 127\.0\.0\.1 failed"):
        read(gone)
