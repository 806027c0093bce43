from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from pydantic import TypeAdapter
from urllib3 import HTTPHeaderDict

from flows.connectors.pages import Answer, LinkedPages, NoPages, Pages, PagesBroken
from flows.connectors.request import Request
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply
from tests.examples import examples

PAGES: TypeAdapter[Any] = TypeAdapter(Pages)
IDS = st.lists(st.integers(0, 10**6), max_size=40, unique=True).map(sorted)


@pytest.fixture(scope="module")
def till() -> Iterator[FakeSource]:
    source = FakeSource()
    source.on("/token", Reply(body=shop.grant(source.url)))
    yield source
    source.close()


def pages(by: str, **written: Any) -> Any:
    return PAGES.validate_python({"by": by} | written)


def answer(
    body: Any = None,
    *,
    records: int = 2,
    headers: dict[str, str] | None = None,
    last: Any = None,
) -> Answer:
    listed = [Raw(b"{}")] * (records - (last is not None))
    return Answer(
        url="https://till.example/api/sale?limit=2",
        headers=HTTPHeaderDict(headers or {}),
        body=json.dumps(body).encode(),
        records=[*listed, Raw(json.dumps(last).encode())] if last is not None else listed,
    )


@pytest.mark.parametrize("name", paged.STYLES)
@settings(max_examples=examples(12), deadline=None)
@given(ids=IDS)
def test_a_list_comes_back_whole_and_in_order(till: FakeSource, name: str, ids: list[int]) -> None:
    style = paged.STYLES[name]
    items = [{"id": number} for number in ids]
    till.on("/api/sale", lambda seen: style.answer(items, paged.asked(seen)))
    connector = paged.connector(pages=style.pages, **style.stream)

    assert paged.records(paged.read(till, connector)) == items


@pytest.mark.parametrize("name", paged.STYLES)
def test_a_list_that_is_full_pages_only_comes_back_whole(till: FakeSource, name: str) -> None:
    style = paged.STYLES[name]
    items = [{"id": number} for number in range(4 * paged.SIZE)]
    till.on("/api/sale", lambda seen: style.answer(items, paged.asked(seen)))
    connector = paged.connector(pages=style.pages, **style.stream)

    assert paged.records(paged.read(till, connector)) == items


def test_one_answer_is_all_there_is() -> None:
    everything = NoPages()

    assert everything.next(everything.first(Request()), answer([])) is None


def test_pages_are_counted_from_their_start() -> None:
    counted = pages("number", size={"pagesize": 2}, start=0)

    first = counted.first(Request(path="sale"))

    assert first == Request(path="sale", params={"pagesize": "2", "page": "0"})
    assert counted.next(first, answer()).params == {"pagesize": "2", "page": "1"}


@pytest.mark.parametrize("by", ["number", "offset"])
def test_a_small_page_can_be_asked_for_and_never_a_larger_one(by: str) -> None:
    counted = pages(by, size={"pagesize": 2})

    assert counted.first(Request(), limit=1).params["pagesize"] == "1"
    assert counted.first(Request(), limit=9).params["pagesize"] == "2"


def test_what_was_asked_besides_stays_on_every_page() -> None:
    counted = pages("number", size={"pagesize": 2})
    first = Request(params={"page": "1", "since": "x"}, headers={"A": "b"})

    second = counted.next(first, answer())

    assert second.params == {"page": "2", "since": "x"}
    assert second.headers == {"A": "b"}


@pytest.mark.parametrize(
    ("header", "records", "goes_on"),
    [
        ("True", 2, True),
        ("true", 0, True),
        ("False", 2, False),
        ("false", 2, False),
        ("0", 2, False),
        ("", 2, True),
        ("perhaps", 2, True),
        ("perhaps", 0, False),
    ],
)
def test_the_header_decides_and_without_it_the_first_empty_page(
    header: str, records: int, goes_on: bool
) -> None:
    counted = pages("number", stop={"header": "X-More-Pages-Available"})

    following = counted.next(
        counted.first(Request()),
        answer(records=records, headers={"x-more-pages-available": header}),
    )

    assert (following is not None) is goes_on


@pytest.mark.parametrize(
    ("flag", "goes_on"),
    [
        (True, True),
        ("true", True),
        (1, True),
        ("1", True),
        ("yes", True),
        (False, False),
        ("false", False),
        ("False", False),
        (0, False),
        ("0", False),
        ("no", False),
        (None, False),
    ],
)
def test_a_flag_may_be_a_truth_a_number_or_a_text(flag: Any, goes_on: bool) -> None:
    counted = pages("number", stop={"flag": "meta.has_more"})

    following = counted.next(counted.first(Request()), answer({"meta": {"has_more": flag}}))

    assert (following is not None) is goes_on


def test_a_flag_that_is_missing_says_no() -> None:
    counted = pages("number", stop={"flag": "meta.has_more"})

    assert counted.next(counted.first(Request()), answer({"meta": {}})) is None


@pytest.mark.parametrize(
    ("flag", "records", "goes_on"), [(True, 2, False), (False, 0, True), (None, 2, True)]
)
def test_a_flag_can_say_that_this_was_the_last_page(
    flag: bool | None, records: int, goes_on: bool
) -> None:
    counted = pages("number", stop={"flag": "last", "ends": True})

    following = counted.next(counted.first(Request()), answer({"last": flag}, records=records))

    assert (following is not None) is goes_on


@pytest.mark.parametrize(
    ("records", "largest", "goes_on"),
    [
        *[(2, 2, True), (3, 2, True), (1, 2, False), (0, 2, False), (0, 0, False)],
        # The source may allow no more than one: then this page is as long as any.
        *[(1, 0, True), (1, 1, True), (0, 1, False)],
    ],
)
def test_a_page_shorter_than_the_others_is_the_last(
    records: int, largest: int, goes_on: bool
) -> None:
    counted = pages("number", size={"pagesize": 2}, stop="short")
    told = replace(answer(records=records), largest=largest)

    following = counted.next(counted.first(Request()), told)

    assert (following is not None) is goes_on


def test_pages_are_counted_by_what_they_hold_and_not_by_what_was_asked_for() -> None:
    counted = pages("number", size={"pagesize": 1000}, stop="total", total="total")
    first = counted.first(Request())
    third = first.put("query", "page", 3)

    assert counted.known(first, answer({"total": 250}, records=100)) == 3
    assert counted.next(first, answer({"total": 250}, records=100)) is not None
    assert counted.next(third, replace(answer({"total": 250}, records=50), largest=100)) is None


def test_a_page_from_which_a_record_is_missing_is_no_smaller_size() -> None:
    counted = pages("number", size={"pagesize": 100}, stop="total", total="total")
    third = counted.first(Request()).put("query", "page", 3)

    assert counted.next(third, replace(answer({"total": 250}, records=48), largest=100)) is None


@pytest.mark.parametrize("by", ["number", "offset"])
def test_a_short_page_is_not_the_last_of_a_list_that_is_said_to_be_longer(by: str) -> None:
    counted = pages(by, size={"pagesize": 2}, stop="short", total="total")
    first = counted.first(Request())

    assert counted.next(first, answer({"total": 4}, records=1)) is not None
    assert counted.next(first, answer({"total": 1}, records=1)) is None


@pytest.mark.parametrize(("records", "goes_on"), [(1, True), (0, False)])
def test_a_short_page_is_not_the_last_where_the_empty_one_is(records: int, goes_on: bool) -> None:
    counted = pages("number", size={"pagesize": 2}, stop="empty")

    following = counted.next(counted.first(Request()), answer(records=records))

    assert (following is not None) is goes_on


@pytest.mark.parametrize(
    ("total", "headers", "number"),
    [
        ({"total_pages": "pages"}, {}, 7),
        ({"total_pages": {"header": "X-Pages"}}, {"X-Pages": "5"}, 5),
        ({"total": "count"}, {}, 4),
        ({"total": "text"}, {}, 3),
        ({"total": "missing"}, {}, None),
        ({"total_pages": {"header": "X-Pages"}}, {"X-Pages": "many"}, None),
    ],
)
def test_an_answer_may_say_how_many_pages_there_are(
    total: dict[str, Any], headers: dict[str, str], number: int | None
) -> None:
    counted = pages("number", size={"pagesize": 2}, **total)
    first = counted.first(Request())

    told = answer({"pages": 7, "count": 8, "text": "5"}, headers=headers)

    assert counted.known(first, told) == number


def test_the_end_is_that_of_the_latest_total() -> None:
    counted = pages("number", size={"pagesize": 2}, total_pages="pages", stop="total")
    second = counted.first(Request()).put("query", "page", 2)

    assert counted.next(second, answer({"pages": 2})) is None
    assert counted.next(second, answer({"pages": 3}, records=0)) is not None


def test_an_offset_passes_over_as_many_as_came() -> None:
    counted = pages("offset", size={"limit": 100})

    second = counted.next(counted.first(Request()), answer(records=40))

    assert second.params == {"limit": "100", "offset": "40"}


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        ({"meta": {"next": "abc"}}, "abc"),
        ({"meta": {"next": 9007199254740993}}, "9007199254740993"),
        ({"meta": {"next": ""}}, None),
        ({"meta": {"next": None}}, None),
        ({"meta": {}}, None),
        ({"meta": {"next": {"a": 1}}}, None),
        ({"meta": {"next": True}}, None),
        ({}, None),
        ([], None),
    ],
)
def test_a_cursor_is_sent_until_there_is_none(body: Any, cursor: str | None) -> None:
    marked = pages("cursor", send="after", take="meta.next", size={"limit": 2})

    following = marked.next(marked.first(Request()), answer(body))

    expected = Request(params={"limit": "2", "after": cursor}) if cursor else None
    assert following == expected


@pytest.mark.parametrize(("cursor", "sent"), [(17, 17), ("17", "17")])
def test_a_cursor_in_a_body_keeps_its_type(cursor: Any, sent: Any) -> None:
    marked = pages("cursor", send="page.after", take="next", **{"in": "body"})
    first = marked.first(Request(body={"page": {"size": 5}, "a": 1}))

    following = marked.next(first, answer({"next": cursor}))

    assert following.body == {"page": {"size": 5, "after": sent}, "a": 1}


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/api/sale?page=2", "https://till.example/api/sale?page=2"),
        ("?page=2", "https://till.example/api/sale?page=2"),
        ("page=2&x=%2F", "https://till.example/api/sale?page=2&x=%2F"),
        ("https://till.example/x", "https://till.example/x"),
        ("", None),
    ],
)
def test_a_link_is_followed_relative_to_its_page(link: str, url: str | None) -> None:
    linked = LinkedPages(by="next-url", take="next")

    following = linked.next(linked.first(Request(path="sale")), answer({"next": link}))

    assert following == (Request(url=url) if url else None)


def test_the_last_record_says_where_to_go_on() -> None:
    counted = pages("last", send="since_id", take="meta.id")

    following = counted.next(counted.first(Request()), answer(last={"meta": {"id": "7"}}))

    assert following.params == {"since_id": "7"}


def test_a_last_record_that_does_not_say_where_to_go_on_is_no_end() -> None:
    counted = pages("last", send="since_id", take="id")

    with pytest.raises(PagesBroken, match="no id to go on from"):
        counted.next(counted.first(Request()), answer(last={"id": None}))
