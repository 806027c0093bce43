from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.connectors.loads import Change
from flows.connectors.spec import parse_connector
from tests.connectors import shop

MOMENT = datetime(2026, 7, 1, 10, 20, 30, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"zone": "tenant"}, "2026-07-01T12:20:30"),
        ({"zone": "utc"}, "2026-07-01T10:20:30Z"),
        ({"zone": "offset"}, "2026-07-01T10:20:30Z"),
        ({"zone": "utc", "format": "epoch-seconds"}, "1782901230"),
        ({"zone": "utc", "format": "epoch-milliseconds"}, "1782901230000"),
    ],
)
def test_a_moment_is_written_as_the_source_writes_it(change: dict[str, Any], text: str) -> None:
    assert Change(take="lastChange", **change).write(MOMENT, time_zone=shop.BERLIN) == text


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_never_written_too_late(hour: int) -> None:
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)

    text = Change(take="lastChange", zone="tenant").write(moment, time_zone=shop.BERLIN)

    earliest = datetime.fromisoformat(text).replace(tzinfo=shop.BERLIN, fold=0)
    assert earliest <= moment


def test_the_overlap_is_taken_off_and_the_moment_becomes_part_of_the_path() -> None:
    stream = shop.connector().streams["sale"]

    path, ask = stream.opening(since=MOMENT, time_zone=shop.BERLIN)

    assert path == "sale/changed/2026-07-01T10:20:30"
    assert ask.params == {"pagesize": "2", "page": "1"}


def test_the_moment_can_be_a_parameter() -> None:
    load = {"by": "parameter", "send": "updated_after", "overlap": "3 days"}
    connector = parse_connector(name="till", document=shop.stream_document(load=load))

    path, ask = connector.streams["sale"].opening(since=MOMENT, time_zone=shop.BERLIN)

    assert path == "sale"
    assert ask.params["updated_after"] == "2026-06-28T12:20:30"


def test_without_a_bookmark_everything_is_asked_for() -> None:
    path, _ = shop.connector().streams["sale"].opening(since=None, time_zone=shop.BERLIN)

    assert path == "sale"


def test_a_full_stream_ignores_the_bookmark() -> None:
    path, _ = shop.connector().streams["branch"].opening(since=MOMENT, time_zone=shop.BERLIN)

    assert path == "branch"


def test_a_duration_can_be_minutes_hours_or_days() -> None:
    def overlap(text: str) -> timedelta:
        load = {"by": "parameter", "send": "since", "overlap": text}
        connector = parse_connector(name="till", document=shop.stream_document(load=load))
        return connector.streams["sale"].load.overlap  # type: ignore[union-attr]  # not full

    assert overlap("90 minutes") == overlap("90 minute") == timedelta(minutes=90)
    assert overlap("1 hour") == timedelta(hours=1)
    assert overlap("2 days") == timedelta(days=2)
