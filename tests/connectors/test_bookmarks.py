"""How far a stream was read is kept as it was, and never falls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.connectors.bookmarks import Bookmark, Start, from_text, with_notes
from flows.connectors.noting import start_of
from flows.connectors.streams import Stream
from tests.connectors.test_loads import connector, parameter
from tests.connectors.test_parents import connector as connector_of_parents

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HISTORY = datetime(2026, 1, 1, tzinfo=UTC)
COUNTED = {"by": "parameter", "send": "after", "counter": "version"}
MOMENTS = st.datetimes(timezones=st.just(UTC))
COUNTERS = st.integers(0, 10**18)
BOOKMARKS = st.builds(
    Bookmark,
    moment=st.none() | MOMENTS,
    counter=st.none() | COUNTERS,
    lists=st.dictionaries(st.text(max_size=5), MOMENTS | COUNTERS, max_size=3),
)


def sale(load: dict[str, Any], **changes: Any) -> Stream:
    return connector(load, **changes).streams["sale"]


def stock(**changes: Any) -> Stream:
    load = {"by": "parameter", "send": "since", "overlap": "1 hour"}
    changed = {"take": "changed_at", "zone": "utc"}
    of = connector_of_parents(**{"load": load, "changed": changed, **changes})
    return of.streams["stock"]


@given(BOOKMARKS)
def test_what_was_noted_comes_back_as_it_was(bookmark: Bookmark) -> None:
    kept = with_notes(Bookmark(moment=bookmark.moment), bookmark.notes)

    assert kept == bookmark


@given(BOOKMARKS, BOOKMARKS)
def test_a_bookmark_never_falls(before: Bookmark, later: Bookmark) -> None:
    after = before.followed_by(later)

    assert after.followed_by(before).moment == after.moment
    assert after.followed_by(later) == after
    assert (after.counter is None) == (before.counter is None and later.counter is None)
    assert (after.counter or 0) >= (before.counter or 0)
    assert {*after.lists} == {*before.lists, *later.lists}


@pytest.mark.parametrize(
    ("bookmark", "text"),
    [
        (Bookmark(), ""),
        (Bookmark(moment=NOON), "2026-11-20T12:00:00+00:00"),
        (Bookmark(counter=4711), "4711"),
        (Bookmark(counter=0), "0"),
    ],
)
def test_people_read_a_bookmark_as_what_the_source_is_asked_for(
    bookmark: Bookmark, text: str
) -> None:
    assert bookmark.text == text
    assert from_text(text) == bookmark


def test_of_a_number_and_a_moment_the_number_is_shown() -> None:
    assert Bookmark(moment=NOON, counter=4711).text == "4711"


def test_a_stream_begins_at_its_moment_or_where_history_does() -> None:
    stream = sale(parameter())

    assert start_of(stream, Bookmark(moment=NOON), history=HISTORY) == Start(NOON)
    assert start_of(stream, Bookmark(), history=HISTORY) == Start(HISTORY)
    assert start_of(stream, Bookmark(), history=None).is_beginning


def test_a_stream_that_is_counted_begins_after_its_number_and_knows_no_moment() -> None:
    stream = sale(COUNTED)

    assert start_of(stream, Bookmark(moment=NOON, counter=0), history=None) == Start(0)
    # It was read by its times of change until now: its numbers are not known yet.
    assert start_of(stream, Bookmark(moment=NOON), history=None).is_beginning


def test_each_list_of_a_stream_begins_by_itself_and_a_new_one_where_history_does() -> None:
    lists = {"a": NOON, "b": NOON - timedelta(days=1)}

    start = start_of(stock(), Bookmark(moment=NOON, lists=lists), history=HISTORY)

    assert start == Start(HISTORY, lists)


def test_lists_that_were_read_in_another_way_begin_anew() -> None:
    counted = stock(load=COUNTED, changed=None)

    start = start_of(counted, Bookmark(lists={"a": NOON, "b": 17}), history=None)

    assert start == Start(None, {"b": 17})


def test_a_stream_for_the_one_record_above_it_has_one_list_and_one_bookmark() -> None:
    outlets = {"records": {"at": "data", "as": "single"}}
    stream = stock(outlets=outlets, path="stock", **{"with": {"zone": "zone"}})

    assert start_of(stream, Bookmark(moment=NOON), history=None) == Start(NOON)
