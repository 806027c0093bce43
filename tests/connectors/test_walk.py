from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from flows.connectors.reader import ReadFailed
from flows.connectors.spec import Connector
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

COUNTED = {"by": "number", "size": {"limit": 3}, "total_pages": "pages"}
ITEMS = [{"id": number} for number in range(30)]


def connector(*, at_once: int = 4, **pages: Any) -> Connector:
    made = paged.connector(pages=COUNTED | pages)
    return made.model_copy(update={"client": made.client.model_copy(update={"at_once": at_once})})


def number(seen: Seen) -> int:
    return int(seen.params["page"])


def asked(source: FakeSource) -> list[int]:
    return sorted(number(seen) for seen in source.asked("/api/sale"))


def ask_until(source: FakeSource, enough: int) -> None:
    until = time.monotonic() + 5
    while len(source.asked("/api/sale")) < enough and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.05)


def answers(items: Sequence[dict[str, Any]] = ITEMS) -> Callable[[Seen], Reply]:
    return lambda seen: paged.numbered(items, paged.asked(seen))


def test_pages_that_can_be_counted_are_fetched_at_once(source: FakeSource) -> None:
    together = threading.Barrier(4)

    def answer(seen: Seen) -> Reply:
        if 2 <= number(seen) <= 9:
            together.wait(timeout=20)
        return answers()(seen)

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS
    assert not together.broken


def test_pages_come_in_order_even_if_a_later_one_is_faster(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        time.sleep(0.1 if number(seen) == 2 else 0)
        return answers()(seen)

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS


def test_no_more_pages_are_held_than_may_be_in_flight(source: FakeSource) -> None:
    source.on("/api/sale", answers())
    with shop.reader(source.url, of=connector(at_once=3)) as reader:
        pages = reader.pages("sale", since=None)

        next(pages)
        ask_until(source, 4)
        assert asked(source) == [1, 2, 3, 4]
        next(pages)
        ask_until(source, 5)
        assert asked(source) == [1, 2, 3, 4, 5]
        pages.close()


def test_a_list_that_grows_while_it_is_read_is_read_to_its_end(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        return answers(ITEMS[:6] if number(seen) == 1 else ITEMS)(seen)

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS


def test_a_first_total_that_is_too_small_is_not_the_end(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        return Reply(body={"data": paged.page(ITEMS, number(seen) - 1), "pages": 1})

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS


def test_a_list_that_shrinks_while_it_is_read_ends_with_its_last_record(
    source: FakeSource,
) -> None:
    def answer(seen: Seen) -> Reply:
        return answers(ITEMS if number(seen) == 1 else ITEMS[:9])(seen)

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS[:9]


def test_pages_past_a_shrunk_end_may_be_errors(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        if number(seen) > 3:
            return Reply(status=404)
        return answers(ITEMS if number(seen) == 1 else ITEMS[:9])(seen)

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector(stop="total"))) == ITEMS[:9]


def test_a_page_that_fails_fails_when_its_turn_comes(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        return Reply(status=403) if number(seen) == 3 else answers()(seen)

    source.on("/api/sale", answer)
    with shop.reader(source.url, of=connector()) as reader:
        pages = reader.pages("sale", since=None)

        assert [next(pages).number, next(pages).number] == [1, 2]
        with pytest.raises(ReadFailed, match="may not read Sales"):
            next(pages)


def test_an_empty_page_before_the_total_is_a_gap_and_not_the_end(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        data = [] if number(seen) == 2 else paged.page(ITEMS, number(seen) - 1)
        return Reply(body={"data": data, "pages": 10})

    source.on("/api/sale", answer)

    assert paged.records(paged.read(source, connector())) == ITEMS[:3] + ITEMS[6:]


def test_pages_of_another_size_than_asked_are_not_guessed(source: FakeSource) -> None:
    source.on("/api/sale", lambda seen: paged.offset(ITEMS, {"offset": seen.params["offset"]}))
    pages = {"by": "offset", "size": {"limit": 5}, "total": "count"}

    read = paged.records(paged.read(source, paged.connector(pages=pages)))

    assert read == ITEMS
    offsets = [int(seen.params["offset"]) for seen in source.asked("/api/sale")]
    assert offsets == [*range(0, 30, 3), 30]


def test_a_cursor_that_does_not_move_is_noticed_before_it_is_sent_again(
    source: FakeSource,
) -> None:
    source.on(
        "/api/sale", lambda seen: Reply(body={"data": [{"id": len(source.requests)}], "next": "a"})
    )
    pages = {"by": "cursor", "send": "after", "take": "next"}

    with pytest.raises(ReadFailed, match="Sales, page 2: pagination stuck"):
        paged.read(source, paged.connector(pages=pages))

    assert len(source.asked("/api/sale")) == 2


def test_a_page_that_came_before_is_noticed_though_others_came_between(
    source: FakeSource,
) -> None:
    def answer(seen: Seen) -> Reply:
        shown = 1 if number(seen) == 3 else number(seen)
        return Reply(body={"data": paged.page(ITEMS, shown - 1), "pages": 10})

    source.on("/api/sale", answer)

    with pytest.raises(ReadFailed, match="Sales, page 3: pagination stuck"):
        paged.read(source, connector())


def test_a_last_record_that_stays_is_noticed(source: FakeSource) -> None:
    source.on("/api/sale", lambda seen: Reply(body={"data": [{"id": 1}]}))
    pages = {"by": "last", "send": "since_id", "take": "id"}

    with pytest.raises(ReadFailed, match="pagination stuck"):
        paged.read(source, paged.connector(pages=pages))


def linked(source: FakeSource, link: str) -> list[Any]:
    source.on("/api/sale", Reply(body={"data": [{"id": 1}], "next": link}))
    source.on("/api/second", Reply(body={"data": [{"id": 2}], "next": None}))
    pages = {"by": "next-url", "take": "next"}
    return paged.records(paged.read(source, paged.connector(pages=pages)))


def test_a_link_on_the_same_host_is_followed(source: FakeSource) -> None:
    assert linked(source, "/api/second") == [{"id": 1}, {"id": 2}]
    assert linked(source, f"{source.url}/api/second") == [{"id": 1}, {"id": 2}]


def test_a_link_to_another_host_never_gets_the_token(source: FakeSource) -> None:
    stranger = FakeSource()

    with pytest.raises(ReadFailed, match="on another host"):
        linked(source, f"{stranger.url}/api/second")

    stranger.close()
    assert stranger.requests == []


def test_an_address_that_can_be_read_as_two_hosts_gets_no_token(source: FakeSource) -> None:
    stranger = FakeSource()

    with pytest.raises(ReadFailed, match="on another host"):
        linked(source, f"{stranger.url}\\@127.0.0.1:{source.port}/api/second")

    stranger.close()
    assert stranger.requests == []


def test_an_address_with_another_scheme_is_another_host(source: FakeSource) -> None:
    with pytest.raises(ReadFailed, match="on another host"):
        linked(source, f"https://127.0.0.1:{source.port}/api/second")

    assert source.asked("/api/second") == []
