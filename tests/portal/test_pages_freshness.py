"""How old the numbers are, when that is too old, and what is said before there are any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.connections.models import Connection, Schedule
from portal.pages.freshness import is_late
from portal.runs.models import Run
from portal.tenants.models import Tenant
from tests.portal.pages_cast import Cast, texts, the_cast


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    return the_cast(settings, tmp_path)


BERLIN = ZoneInfo("Europe/Berlin")
# A Saturday, 10:00 in Berlin.
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def nightly() -> Schedule:
    return Schedule(kind=Schedule.Kind.CRON, cron="15 2 * * *")


def hourly() -> Schedule:
    return Schedule(kind=Schedule.Kind.INTERVAL, interval_minutes=60)


def on_weekdays() -> Schedule:
    return Schedule(kind=Schedule.Kind.CRON, cron="0 6 * * 1-5")


def often() -> Schedule:
    return Schedule(kind=Schedule.Kind.INTERVAL, interval_minutes=1)


@pytest.mark.parametrize(
    ("schedule", "age", "late"),
    [
        (None, 35 * HOUR, False),
        (None, 37 * HOUR, True),
        (Schedule(kind=Schedule.Kind.MANUAL), 37 * HOUR, True),
        (hourly(), 1.9 * HOUR, False),
        (hourly(), 2.1 * HOUR, True),
        (often(), 0.4 * HOUR, False),
        (often(), 0.6 * HOUR, True),
        (nightly(), 8 * HOUR, False),  # this night's run
        (nightly(), 26 * HOUR, False),  # yesterday morning; this night's may be under way
        (nightly(), 33 * HOUR, True),  # both of the last two runs are missing
    ],
)
def test_numbers_are_late_after_two_missing_runs(
    schedule: Schedule | None, age: timedelta, late: bool
) -> None:
    assert is_late(NOW - age, schedule=schedule, zone=BERLIN, now=NOW) is late


def test_one_nightly_run_that_is_missing_shows_in_the_afternoon() -> None:
    read_at = datetime(2026, 11, 20, 1, 20, tzinfo=UTC)  # 02:20 in Berlin, the night before
    noon = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)

    late = [
        is_late(read_at, schedule=nightly(), zone=BERLIN, now=noon + hours * HOUR)
        for hours in (0, 3)
    ]

    assert late == [False, True]


def test_a_weekend_without_runs_is_not_late_but_a_missing_monday_is() -> None:
    friday = datetime(2026, 11, 20, 5, 5, tzinfo=UTC)
    sunday = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    monday_evening = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

    late = [
        is_late(friday, schedule=on_weekdays(), zone=BERLIN, now=now)
        for now in (sunday, monday_evening)
    ]

    assert late == [False, True]


def connection_of(tenant: Tenant, schedule: Schedule | None = None) -> Connection:
    with scopes_disabled():
        connection: Connection = Connection.objects.create(
            tenant=tenant, name="tills", connector="prohandel"
        )
        if schedule is not None:
            schedule.connection = connection
            schedule.save()
    return connection


def run_of(connection: Connection, status: str, message: str = "") -> None:
    with scopes_disabled():
        Run.objects.create(
            tenant=connection.tenant,
            connection=connection,
            flow_run_id=uuid4(),
            requested_at=NOW,
            status=status,
            message=message,
        )


@time_machine.travel(NOW, tick=False)
def test_a_page_says_when_the_till_was_read_in_the_tenants_own_time(cast: Cast) -> None:
    cast.publish(at=NOW - 3 * HOUR, read_at=NOW - 4 * HOUR)

    page = cast.page()

    assert texts(page, ".freshness") == [
        "Read from the till at 21 Nov 2026, 06:00, published at 21 Nov 2026, 07:00 (Europe/Berlin)"
    ]
    assert texts(page, ".notice") == []


@time_machine.travel(NOW, tick=False)
def test_a_page_warns_when_its_connection_is_late(cast: Cast) -> None:
    connection = connection_of(cast.tenant, hourly())
    cast.publish(at=NOW - 3 * HOUR, connection=connection.code)

    [notice] = texts(cast.page(), ".notice")

    assert notice.startswith("Not up to date.")
    assert "tills (21 Nov 2026, 06:55)" in notice


@time_machine.travel(NOW, tick=False)
def test_what_a_removed_connection_read_is_not_called_late(cast: Cast) -> None:
    connection_of(cast.tenant, hourly())
    cast.publish(at=NOW - 3 * HOUR, connection=uuid4())

    assert texts(cast.page(), ".notice") == []


@time_machine.travel(NOW, tick=False)
def test_an_earlier_publication_is_not_called_late(cast: Cast) -> None:
    first = cast.publish(at=NOW - 100 * HOUR)
    cast.publish(at=NOW - HOUR)

    [notice] = texts(cast.page(publication=first), ".notice")

    assert notice.startswith("You are looking at an earlier publication")


def test_before_a_connection_exists_the_page_says_who_adds_one(cast: Cast) -> None:
    assert "Your administrator adds a connection" in " ".join(texts(cast.page(), ".empty"))


def test_before_the_first_run_the_page_says_what_starts_it(cast: Cast) -> None:
    connection_of(cast.tenant)

    assert "The first run starts by its schedule" in " ".join(texts(cast.page(), ".empty"))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Run.Status.RUNNING, "is being read right now"),
        (Run.Status.SCHEDULED, "is being read right now"),
        (Run.Status.COMPLETED, "held no records yet"),
        (Run.Status.FAILED, "The latest run did not complete. The password was rejected."),
    ],
)
def test_after_the_first_run_the_page_says_how_it_went(
    cast: Cast, status: str, sentence: str
) -> None:
    run_of(connection_of(cast.tenant), status, "The password was rejected.")
    run_of(connection_of(cast.other), Run.Status.RUNNING, "Not this tenant's.")

    assert sentence in " ".join(texts(cast.page("sales/"), ".empty"))
