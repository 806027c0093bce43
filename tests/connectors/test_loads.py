from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.connectors.bookmarks import Point
from flows.connectors.loads import ChangedParameter, FullLoad, Span
from flows.connectors.opening import first_question
from flows.connectors.reader import Reader, ReadFailed
from flows.connectors.request import Request
from flows.connectors.spec import Connector, parse_connector
from flows.connectors.templates import Filling
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

MOMENT = datetime(2026, 7, 1, 10, 20, 30, 999_999, tzinfo=UTC)
SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
UTC_TIME = {"take": "lastChange", "zone": "utc"}


def connector(load: Any, **stream: Any) -> Connector:
    return parse_connector(name="till", document=shop.stream_document(load=load, **stream))


def question(load: Any, *, since: Point | None = MOMENT, **changes: Any) -> Request:
    """The first question of a read that began with this bookmark."""
    stream = connector(load, **changes).streams["sale"]
    span = None
    if since is not None and not isinstance(stream.load, FullLoad):
        [span, *_] = stream.load.spans(since, now=shop.NOW)
    filling = Filling(credentials=lambda name: "")
    return first_question(stream, filling=filling, span=span, time_zone=shop.BERLIN)


def read(source: FakeSource, of: Connector, *, since: datetime = SINCE) -> list[Any]:
    with shop.reader(source.url, of=of) as reader:
        return paged.records(list(reader.pages("sale", since=since)))


def parameter(**changes: Any) -> dict[str, Any]:
    return {"by": "parameter", "send": "updated_after", "overlap": "2 hours"} | changes


def filtered(**changes: Any) -> dict[str, Any]:
    whole = {"by": "filter", "send": "conditions", "write": "updated >= [{since}]"}
    return whole | {"overlap": "2 hours"} | changes


def test_the_overlap_is_taken_off_and_the_moment_becomes_part_of_the_path() -> None:
    request = question({"by": "segment", "add": "changed/{since}", "overlap": "2 hours"})

    assert request.path == "sale/changed/2026-07-01T10:20:30"
    assert request.params == {"pagesize": "2", "page": "1"}


@pytest.mark.parametrize(
    ("load", "sent"),
    [
        (parameter(overlap="3 days"), "2026-06-28T12:20:30"),
        (parameter(format="epoch-seconds"), "1782894030"),
        (parameter(format="%Y-%m-%d %H:%M"), "2026-07-01 10:20"),
        (parameter(zone="utc"), "2026-07-01T08:20:30Z"),
    ],
)
def test_the_moment_can_be_a_parameter(load: dict[str, Any], sent: str) -> None:
    request = question(load)

    assert request.path == "sale"
    assert request.params["updated_after"] == sent


def test_the_moment_can_be_deep_in_a_body() -> None:
    load = parameter(**{"in": "body", "send": "ranges.0.start", "format": "epoch-milliseconds"})
    body = {"ranges": [{"start": "2020-01-01", "end": "today"}], "keep": True}

    request = question(load, body=body, changed=UTC_TIME)

    assert request.method == "POST"
    assert request.body == {
        "ranges": [{"start": 1782894030000, "end": "today"}],
        "keep": True,
    }


def test_the_moment_can_be_part_of_an_expression() -> None:
    request = question(filtered(write="closed = false and updated >= [{since}]"), changed=UTC_TIME)

    assert request.params["conditions"] == "closed = false and updated >= [2026-07-01T08:20:30Z]"


def test_the_end_of_a_slice_is_added_to_the_expression_as_it_is_written() -> None:
    load = filtered(until=" and updated < [{until}]", slice="1 day")
    since = datetime(2026, 11, 18, tzinfo=UTC)

    request = question(load, since=since, changed=UTC_TIME)

    assert request.params["conditions"] == (
        "updated >= [2026-11-17T22:00:00Z] and updated < [2026-11-19T00:00:00Z]"
    )


def test_an_expression_can_be_a_variable_of_graphql() -> None:
    load = filtered(**{"in": "body", "send": "variables.filter", "write": "updated_at:>='{since}'"})

    request = question(load, graphql="query ($filter: String) { orders }", changed=UTC_TIME)

    assert request.body == {
        "query": "query ($filter: String) { orders }",
        "variables": {"filter": "updated_at:>='2026-07-01T08:20:30Z'"},
    }


def test_without_a_bookmark_everything_is_asked_for() -> None:
    constant = {"conditions": "closed = false"}

    assert (
        question(filtered(), since=None, params=constant).params["conditions"] == "closed = false"
    )


def test_a_full_stream_ignores_the_bookmark() -> None:
    assert question("full").path == "sale"


@pytest.mark.parametrize(
    "value", ["x]' or 1=1", 'a"b', "a\\b", "a'b", "a)b", "a,b", "a\nb", "a&b", "a;b", "a{b}"]
)
def test_a_value_cannot_break_out_of_an_expression(source: FakeSource, value: str) -> None:
    document = shop.stream_document(
        load=filtered(write="board = '{board}' and updated >= [{since}]")
    )
    document["credentials"]["board"] = {"title": "Board", "pattern": "(?s).+"}
    source.on("/api/sale", Reply(body=[], headers={"X-More": "False"}))
    of = parse_connector(name="till", document=document)
    values = shop.credentials(source.url) | {"board": value.replace("\n", " ]")}

    with (
        Reader(of, values, allow_private=True, time_zone=shop.BERLIN, clock=shop.Clock()) as reader,
        pytest.raises(
            ReadFailed, match=r"The value of \{board\} cannot be part of a filter"
        ) as told,
    ):
        list(reader.pages("sale", since=SINCE))

    assert value not in str(told.value)
    assert source.asked("/api/sale") == []


def test_a_blank_ends_a_value_that_is_not_between_quotes(source: FakeSource) -> None:
    document = shop.stream_document(load=filtered(write="board = {board} and u >= [{since}]"))
    document["credentials"]["board"] = {"title": "B", "pattern": ".+", "default": "1 or true"}
    source.on("/api/sale", Reply(body=[], headers={"X-More": "False"}))

    with pytest.raises(ReadFailed, match="blanks between quotes"):
        read(source, parse_connector(name="till", document=document))


def test_a_plain_credential_can_stand_in_an_expression(source: FakeSource) -> None:
    document = shop.stream_document(load=filtered(write="board = '{board}' and u >= [{since}]"))
    document["credentials"]["board"] = {"title": "Board", "pattern": ".+", "default": "Kasse 1"}
    source.on("/api/sale", Reply(body=[], headers={"X-More": "False"}))

    read(source, parse_connector(name="till", document=document))

    [asked] = source.asked("/api/sale")
    assert asked.params["conditions"] == "board = 'Kasse 1' and u >= [2026-11-20T11:00:00]"


def spans(since: datetime, now: datetime, **written: Any) -> list[Span]:
    load = connector(parameter(until="before", **written)).streams["sale"].load
    assert isinstance(load, ChangedParameter)
    return list(load.spans(since, now=now))


@given(days=st.integers(0, 400), hours=st.integers(0, 23), size=st.integers(1, 90))
def test_slices_leave_no_moment_out(days: int, hours: int, size: int) -> None:
    since = shop.NOW - timedelta(days=days, hours=hours)

    cut = spans(since, shop.NOW, slice=f"{size} days")

    assert cut[0].since == since - timedelta(hours=2)
    for one, following in pairwise(cut):
        assert one.until is not None
        assert following.since == one.until - timedelta(hours=2)
    last = cut[-1].until
    assert last is not None
    assert last > shop.NOW


def test_a_backfill_is_asked_for_slice_by_slice(source: FakeSource) -> None:
    def answer(seen: Seen) -> Reply:
        day = date.fromisoformat(seen.params["from"][:10])
        return Reply(body=[{"id": str(day)}], headers={"X-More": "False"})

    source.on("/api/sale", answer)
    load = parameter(send="from", until="to", slice="7 days", overlap="1 minute", zone="utc")
    since = datetime(2026, 11, 1, tzinfo=UTC)

    found = read(source, connector(load), since=since)

    asked = sorted((seen.params["from"], seen.params["to"]) for seen in source.asked("/api/sale"))
    assert asked == [
        ("2026-10-31T23:59:00Z", "2026-11-08T00:00:00Z"),
        ("2026-11-07T23:59:00Z", "2026-11-15T00:00:00Z"),
        ("2026-11-14T23:59:00Z", "2026-11-21T05:00:01Z"),
    ]
    assert found == [{"id": "2026-10-31"}, {"id": "2026-11-07"}, {"id": "2026-11-14"}]


@pytest.mark.parametrize(
    ("form", "end"),
    [
        ("%Y-%m-%d", "2026-11-22"),
        ("%d.%m.%Y", "22.11.2026"),
        ("%Y-%m-%d %H", "2026-11-21 07"),
        ("%d.%m.%Y %H:%M", "21.11.2026 06:01"),
        ("iso", "2026-11-21T06:00:01"),
    ],
)
@pytest.mark.parametrize("of", ["the question", "the records"])
def test_an_end_includes_the_present_however_coarse_its_form_is(
    form: str, end: str, of: str
) -> None:
    load = parameter(send="from", until="to")
    if of == "the question":
        request = question(load | {"format": form})
    else:
        changed = {"take": "lastChange", "zone": "tenant", "format": form}
        request = question(load, changed=changed)

    assert request.params["to"] == end


OLD = {"id": 1, "lastChange": "2026-11-20T08:00:00"}
NEW = {"id": 2, "lastChange": "2026-11-20T14:00:00"}
UNDATED = {"id": 3, "lastChange": None}
ODD = {"id": 4, "lastChange": "recently"}
CLIENT = {"by": "client", "overlap": "1 hour"}


def test_what_is_older_is_dropped_here_where_the_source_cannot(source: FakeSource) -> None:
    source.on("/api/sale", Reply(body=[OLD, NEW, UNDATED, ODD], headers={"X-More": "False"}))

    assert read(source, connector(CLIENT)) == [NEW, UNDATED, ODD]


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00", "1900-01-01T00:00:00"])
def test_a_record_that_was_never_changed_is_kept_for_it_may_be_new(
    source: FakeSource, never: str
) -> None:
    unchanged = {"id": 5, "lastChange": never}
    source.on("/api/sale", Reply(body=[OLD, unchanged], headers={"X-More": "False"}))

    assert read(source, connector(CLIENT)) == [unchanged]


def test_a_record_of_the_very_bookmark_is_kept(source: FakeSource) -> None:
    at = OLD | {"lastChange": "2026-11-20T12:00:00"}
    source.on("/api/sale", Reply(body=[at], headers={"X-More": "False"}))

    # Noon in Berlin is eleven in UTC, which is the bookmark less the overlap.
    assert read(source, connector(CLIENT)) == [at]


@pytest.mark.parametrize(("newest_first", "asked"), [(True, 1), (False, 2)])
def test_a_list_with_the_newest_first_is_left_early(
    source: FakeSource, newest_first: bool, asked: int
) -> None:
    source.on(
        "/api/sale",
        Reply(body=[NEW, OLD], headers={"X-More": "True"}),
        Reply(body=[OLD], headers={"X-More": "False"}),
    )

    found = read(source, connector(CLIENT | {"newest_first": newest_first}))

    assert found == [NEW]
    assert len(source.asked("/api/sale")) == asked


def test_a_client_that_filters_still_reads_all_without_a_bookmark(source: FakeSource) -> None:
    source.on("/api/sale", Reply(body=[NEW, OLD], headers={"X-More": "False"}))

    with shop.reader(source.url, of=connector(CLIENT)) as reader:
        found = paged.records(list(reader.pages("sale", since=None)))

    assert found == [NEW, OLD]


def test_a_post_carries_its_body_on_every_page(source: FakeSource) -> None:
    source.on(
        "/api/sale", lambda seen: paged.numbered([{"id": i} for i in range(4)], paged.asked(seen))
    )
    pages = {"by": "number", "size": {"limit": 3}, "in": "body"}

    of = paged.connector(pages=pages, body={"status": ["OPEN"], "deep": {"a": 1}})
    found = paged.records(paged.read(source, of))

    bodies = [json.loads(seen.body) for seen in source.asked("/api/sale")]
    assert len(found) == 4
    assert bodies[1] == {"status": ["OPEN"], "deep": {"a": 1}, "limit": 3, "page": 2}
    assert {seen.method for seen in source.asked("/api/sale")} == {"POST"}


def test_a_duration_can_be_seconds_minutes_hours_or_days() -> None:
    def overlap(text: str) -> timedelta:
        load = connector(parameter(overlap=text)).streams["sale"].load
        assert isinstance(load, ChangedParameter)
        return load.overlap

    assert overlap("90 minutes") == overlap("90 minute") == timedelta(minutes=90)
    assert overlap("10 seconds") == timedelta(seconds=10)
    assert overlap("1 hour") == timedelta(hours=1)
    assert overlap("2 days") == timedelta(days=2)
