"""Sources that write local time lose nothing on the night when clocks go through an hour twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.connectors.loads import ChangedClient, ChangedFilter, ChangedParameter
from flows.connectors.moments import after_repeats, before_repeats, write, write_end
from flows.connectors.opening import first_question
from flows.connectors.streams import Stream
from flows.connectors.templates import Filling
from tests.connectors import shop
from tests.connectors.test_loads import connector

# Clocks in Berlin go from 3 back to 2 at this moment.
BACK = datetime(2026, 10, 25, 1, tzinfo=UTC)
AROUND = st.integers(-4 * 3600, 4 * 3600).map(lambda seconds: BACK + timedelta(seconds=seconds))
FORMS = st.sampled_from(["iso", "%Y-%m-%d %H:%M", "%Y-%m-%d"])


class Asked(NamedTuple):
    since: str
    until: str


def shown(moment: datetime, form: str) -> str:
    return write(moment, form=form, zone="tenant", time_zone=shop.BERLIN)


def stream_of(load: dict[str, Any], form: str) -> Stream:
    changed = {"take": "lastChange", "zone": "tenant", "format": form}
    return connector(load, changed=changed).streams["sale"]


def questions(stream: Stream, *, since: datetime, now: datetime) -> list[Asked]:
    load = stream.load
    assert isinstance(load, ChangedParameter)
    spans = load.asked_spans(since, change=stream.changed, now=now, time_zone=shop.BERLIN)
    filling = Filling(credentials=lambda name: "")
    asked = [
        first_question(stream, filling=filling, span=span, time_zone=shop.BERLIN).params
        for span in spans
    ]
    return [Asked(params["from"], params["to"]) for params in asked]


def read(
    stream: Stream, form: str, *, records: Sequence[datetime], reads: Sequence[datetime]
) -> set[datetime]:
    """What a source hands out over several reads that knows of its records what its clock shows."""
    found: set[datetime] = set()
    bookmark: datetime | None = None
    assert stream.changed is not None
    for now in sorted(reads):
        there = [record for record in records if record <= now]
        new = there
        if bookmark is not None:
            asked = questions(stream, since=bookmark, now=now)
            new = [
                record
                for record in there
                if any(each.since <= shown(record, form) <= each.until for each in asked)
            ]
        found |= {*new}
        read_as = [stream.changed.read(shown(each, form), time_zone=shop.BERLIN) for each in new]
        newest = [min(moment, now) for moment in read_as if moment]
        bookmark = max([*newest, *([bookmark] if bookmark else [])], default=None)
    return found


@given(
    records=st.lists(AROUND, min_size=1, max_size=6),
    reads=st.lists(AROUND, max_size=4),
    form=FORMS,
    overlap=st.sampled_from(["0 minutes", "5 minutes", "59 minutes", "2 hours"]),
    slice_=st.sampled_from([None, "20 minutes", "1 hour", "1 day"]),
)
@example(
    # The second read sees 2:50, and what comes later shows 2:10.
    records=[BACK - timedelta(minutes=10), BACK + timedelta(minutes=10)],
    reads=[BACK - timedelta(minutes=5)],
    form="iso",
    overlap="0 minutes",
    slice_=None,
)
def test_every_record_is_read_however_reads_lie_around_that_hour(
    records: list[datetime],
    reads: list[datetime],
    form: str,
    overlap: str,
    slice_: str | None,
) -> None:
    load = {"by": "parameter", "send": "from", "until": "to", "overlap": overlap}
    stream = stream_of(load | ({"slice": slice_} if slice_ else {}), form)

    found = read(stream, form, records=records, reads=[*reads, BACK + timedelta(hours=6)])

    assert found == {*records}


@given(moment=AROUND, later=AROUND, form=FORMS)
def test_what_is_asked_for_begins_before_whatever_comes_later_in_local_time(
    moment: datetime, later: datetime, form: str
) -> None:
    moment, later = sorted((moment, later))

    begins = before_repeats(moment, shop.BERLIN)

    assert begins <= moment
    assert shown(begins, form) <= shown(later, form)


@given(moment=AROUND, earlier=AROUND, form=FORMS)
def test_what_is_asked_for_ends_after_whatever_came_earlier_in_local_time(
    moment: datetime, earlier: datetime, form: str
) -> None:
    earlier, moment = sorted((earlier, moment))

    ends = after_repeats(moment, shop.BERLIN)
    text = write_end(ends, form=form, zone="tenant", time_zone=shop.BERLIN)

    assert ends >= moment
    assert shown(earlier, form) <= text


@pytest.mark.parametrize("hours", [0, 24 * 100])
def test_another_hour_is_asked_for_as_it_is(hours: int) -> None:
    moment = datetime(2026, 11, 21, 2, 30, tzinfo=UTC) + timedelta(hours=hours)

    assert before_repeats(moment, shop.BERLIN) == moment
    assert after_repeats(moment, shop.BERLIN) == moment


def test_a_day_of_25_hours_is_over_when_it_is_over() -> None:
    midnight = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)

    assert (
        write_end(midnight, form="%Y-%m-%d", zone="tenant", time_zone=shop.BERLIN) == "2026-10-26"
    )


def test_what_is_dropped_here_is_not_what_came_in_the_second_pass() -> None:
    load = connector({"by": "client", "overlap": "0 minutes"}).streams["sale"].load
    change = stream_of({"by": "client", "overlap": "0 minutes"}, "iso").changed
    assert isinstance(load, ChangedClient)
    assert change is not None
    bookmark = change.read("2026-10-25T02:50:00", time_zone=shop.BERLIN)
    later = change.read("2026-10-25T02:10:00", time_zone=shop.BERLIN)
    assert bookmark
    assert later

    [span] = load.asked_spans(bookmark, change=change, now=shop.NOW, time_zone=shop.BERLIN)

    assert isinstance(span.since, datetime)
    assert span.since < later < bookmark


def test_a_source_that_writes_another_time_is_asked_as_ever() -> None:
    load = {"by": "filter", "send": "q", "write": "u > [{since}]", "overlap": "0 minutes"}
    stream = connector(load, changed={"take": "lastChange", "zone": "utc"}).streams["sale"]
    assert isinstance(stream.load, ChangedFilter)

    [span] = stream.load.asked_spans(
        BACK, change=stream.changed, now=shop.NOW, time_zone=shop.BERLIN
    )

    assert span.since == BACK
