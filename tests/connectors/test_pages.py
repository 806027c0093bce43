from __future__ import annotations

import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from flows.connectors.pages import Answer, Ask, CursorPages, LinkedPages, NoPages, NumberedPages


def answer(body: Any = None, *, records: int = 2, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        url="https://till.example/api/sale?limit=2",
        headers=CaseInsensitiveDict(headers or {}),
        body=json.dumps(body).encode(),
        records=records,
    )


def numbered(**changes: Any) -> NumberedPages:
    return NumberedPages.model_validate({"by": "number", "size": {"pagesize": 2}} | changes)


def test_one_answer_is_all_there_is() -> None:
    assert NoPages().next(NoPages().first(), answer([])) is None


def test_pages_are_counted_from_their_start() -> None:
    pages = numbered(start=0)

    second = pages.next(pages.first(), answer())

    assert pages.first().params == {"pagesize": "2", "page": "0"}
    assert second == Ask(params={"pagesize": "2", "page": "1"})


def test_a_small_page_can_be_asked_for() -> None:
    assert numbered().first(limit=1).params["pagesize"] == "1"


def test_what_was_asked_besides_stays_on_every_page() -> None:
    second = numbered().next(Ask(params={"page": "1", "since": "x"}), answer())

    assert second is not None
    assert second.params == {"page": "2", "since": "x"}


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
    pages = numbered(stop={"header": "X-More-Pages-Available"})

    following = pages.next(
        pages.first(), answer(records=records, headers={"x-more-pages-available": header})
    )

    assert (following is not None) is goes_on


@pytest.mark.parametrize(("records", "goes_on"), [(2, True), (3, True), (1, False), (0, False)])
def test_a_short_page_is_the_last(records: int, goes_on: bool) -> None:
    pages = numbered(stop="short")

    assert (pages.next(pages.first(), answer(records=records)) is not None) is goes_on


@pytest.mark.parametrize(("records", "goes_on"), [(1, True), (0, False)])
def test_a_short_page_is_not_the_last_where_the_empty_one_is(records: int, goes_on: bool) -> None:
    pages = numbered(stop="empty")

    assert (pages.next(pages.first(), answer(records=records)) is not None) is goes_on


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
    pages = CursorPages(by="cursor", send="after", take="meta.next", size={"limit": 2})

    following = pages.next(pages.first(), answer(body))

    assert following == (Ask(params={"limit": "2", "after": cursor}) if cursor else None)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/api/sale?page=2", "https://till.example/api/sale?page=2"),
        ("?page=2", "https://till.example/api/sale?page=2"),
        ("https://till.example/x", "https://till.example/x"),
        ("", None),
    ],
)
def test_a_link_is_followed_relative_to_its_page(link: str, url: str | None) -> None:
    pages = LinkedPages(by="next-url", take="next")

    following = pages.next(pages.first(), answer({"next": link}))

    assert following == (Ask(url=url) if url else None)
