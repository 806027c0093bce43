"""What a connection reads and when: schedules, personal fields, the next starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.connections.models import Connection, Schedule
from portal.connections.services import (
    parse_schedule,
    set_schedule,
)
from portal.connections.setup import Setup, set_up
from portal.lib.errors import Refused
from portal.pipelines.starts import next_starts
from tests.portal.conftest import NOW

pytestmark = pytest.mark.usefixtures("every_tenant")


@pytest.mark.parametrize(
    "cron",
    [
        *("", "x", "15 2 * *", "15 2 * * * *", "61 2 * * *", "@daily", "R R * * *", "h 2 * * *"),
        *("0 0 15W * *", "0 0 L * *", "0 0 29 2 1#5", "0 0 * * L5", "0 0 ? * *", "0 0 * * 8"),
        *("*/7200 * * * *", "*/0 * * * *", "* */24 * * *", "5-1 * * * *", "1-60 * * * *"),
        *("0 0 0 * *", "0 0 * 13 *", "0 0 * foo *", "0 0 * mon *", "0 0 * * jan", "1,,2 * * * *"),
        *("-1 * * * *", "1- * * * *", "*-5 * * * *", "1/2/3 * * * *", "\u0665 * * * *"),
    ],
)
def test_a_malformed_cron_is_refused_and_the_old_schedule_stays(
    tills: Connection, cron: str
) -> None:
    set_schedule(connection=tills, kind="INTERVAL", interval_minutes=30)

    with pytest.raises(Refused) as refused:
        set_schedule(connection=tills, kind="CRON", cron=cron)

    assert refused.value.field == "cron"
    assert Schedule.objects.get().interval_minutes == 30


@pytest.mark.parametrize(
    "cron",
    [
        *("15 2 * * *", "*/15 6-22 * * mon-fri", "0 0,12 1 */2 *", "59 23 31 12 7", "0 0 * * 0"),
        *("5-50/5,59 * * * *", "0 6 * JAN-Mar Sun,2", "7-7 * * * *"),
    ],
)
def test_a_plain_cron_is_taken_as_it_is(tills: Connection, cron: str) -> None:
    set_schedule(connection=tills, kind="CRON", cron=cron)

    assert Schedule.objects.get().cron == cron


def test_a_day_that_never_comes_is_refused(tills: Connection) -> None:
    with pytest.raises(Refused, match="never comes"):
        set_schedule(connection=tills, kind="CRON", cron="0 0 31 2 *")


@pytest.mark.parametrize("minutes", [None, 0, -5, 10_081])
def test_an_interval_out_of_bounds_is_refused(tills: Connection, minutes: int | None) -> None:
    with pytest.raises(Refused) as refused:
        set_schedule(connection=tills, kind="INTERVAL", interval_minutes=minutes)

    assert refused.value.field == "interval_minutes"
    assert Schedule.objects.get().kind == "MANUAL"


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("manual", {"kind": "MANUAL"}),
        ("every 30 minutes", {"kind": "INTERVAL", "interval_minutes": 30}),
        ("6h", {"kind": "INTERVAL", "interval_minutes": 360}),
        ("15 2 * * *", {"kind": "CRON", "cron": "15 2 * * *"}),
    ],
)
def test_schedules_are_read_as_people_write_them(text: str, schedule: dict[str, Any]) -> None:
    assert parse_schedule(text) == schedule


def test_a_setup_is_saved_whole_or_not_at_all(tills: Connection) -> None:
    wrong = Setup(streams=["sale"], kind="CRON", cron="nonsense")

    with pytest.raises(Refused, match="five cron fields"):
        set_up(connection=tills, setup=wrong)

    tills.refresh_from_db()
    assert tills.streams == []


@pytest.mark.parametrize(
    "fields", [{"customer": ["iban"]}, {"customer": ["nonsense"]}, {"nonsense": ["city"]}]
)
def test_a_personal_field_that_never_lands_cannot_be_kept(
    tills: Connection, fields: dict[str, list[str]]
) -> None:
    with pytest.raises(Refused) as refused:
        set_up(connection=tills, setup=Setup(streams=["sale"], kept_personal_fields=fields))

    assert refused.value.field == "kept_personal_fields"
    assert Connection.objects.get().kept_personal_fields == {}


def test_the_next_starts_are_on_the_tenants_clock(tills: Connection) -> None:
    set_schedule(connection=tills, kind="CRON", cron="30 2 * * *")
    before_the_change = datetime(2026, 10, 24, 12, tzinfo=UTC)

    starts = next_starts(connection=tills, after=before_the_change)

    assert [f"{start:%d %H:%M %z}" for start in starts] == [
        "25 02:30 +0200",
        "26 02:30 +0100",
        "27 02:30 +0100",
    ]


def test_short_intervals_count_on_through_a_change_of_the_clocks(tills: Connection) -> None:
    set_schedule(connection=tills, kind="INTERVAL", interval_minutes=60)
    before_the_change = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    starts = next_starts(connection=tills, after=before_the_change)

    assert [f"{start:%H:%M}" for start in starts] == ["03:00", "04:00", "05:00"]


def test_a_connection_that_runs_when_asked_has_no_next_start(tills: Connection) -> None:
    assert next_starts(connection=tills, after=NOW) == []
