"""Whether anybody looks at a tenant's figures: counted by the day, and never in a reader's way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from django_scopes import scopes_disabled
from pytest_django import DjangoAssertNumQueries, Settings

from portal.costs.models import Reading
from portal.costs.readings import last_readings, note_reading, noted_since
from portal.tenants.models import Tenant
from tests.portal.api_cast import World, the_world
from tests.portal.meanwhile import NEEDS_A_SERVER, at_once
from tests.portal.pages_cast import Cast, the_cast

AT = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
VIEW = "publications/current/daily_sales_summary"


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    found = the_cast(settings, tmp_path)
    found.publish()
    return found


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        world.publish()
        yield world


def counted() -> dict[str, int]:
    with scopes_disabled():
        return dict(Reading.objects.values_list("tenant__slug", "times"))


def ended(client: Client, path: str) -> int:
    response = client.get(path)
    response.getvalue()  # what is streamed ends with its last byte
    return int(response.status_code)


def test_readings_are_counted_by_the_day_of_utc(retailer: Tenant, other_retailer: Tenant) -> None:
    for at in (AT, AT, datetime(2026, 11, 22, tzinfo=UTC)):
        note_reading(tenant=retailer, at=at)
    note_reading(tenant=other_retailer, at=AT)

    with scopes_disabled():
        found = list(Reading.objects.order_by("pk").values_list("tenant__slug", "day", "times"))
    assert found == [
        ("alsterhaus-mode", date(2026, 11, 21), 2),
        ("alsterhaus-mode", date(2026, 11, 22), 1),
        ("chiemsee-sport", date(2026, 11, 21), 1),
    ]
    assert last_readings() == {
        retailer.pk: date(2026, 11, 22),
        other_retailer.pk: date(2026, 11, 21),
    }
    assert noted_since() == date(2026, 11, 21)


def test_another_reading_of_the_day_costs_one_statement(
    retailer: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    note_reading(tenant=retailer, at=AT)

    with django_assert_num_queries(3):  # a savepoint around it
        note_reading(tenant=retailer, at=AT)


@pytest.mark.django_db(transaction=True)
@NEEDS_A_SERVER
def test_readings_at_once_are_all_counted() -> None:
    tenant = Tenant.objects.create(slug="dora-schuh", name="Dora Schuh")

    at_once(*[lambda: note_reading(tenant=tenant, at=AT)] * 8)

    assert counted() == {"dora-schuh": 8}


@pytest.mark.django_db(transaction=True)
def test_a_reading_that_cannot_be_counted_disturbs_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = Tenant.objects.create(slug="dora-schuh", name="Dora Schuh")
    Tenant.objects.filter(pk=gone.pk).delete()

    note_reading(tenant=gone, at=AT)

    assert counted() == {}
    assert "dora-schuh was not counted" in caplog.text


def test_pages_and_downloads_are_readings_of_their_tenant(cast: Cast) -> None:
    statuses = [
        ended(cast.alice, "/t/alster-mode/"),
        ended(cast.bob, "/t/alster-mode/sales/"),
        ended(cast.bob, "/t/alster-mode/daily_sales_summary.csv"),
    ]

    assert statuses == [200, 200, 200]
    assert counted() == {"alster-mode": 3}


def test_a_look_of_the_platforms_staff_is_no_reading(cast: Cast) -> None:
    assert ended(cast.olga, "/t/alster-mode/") == 200
    assert counted() == {}


def test_what_is_not_shown_is_no_reading(cast: Cast) -> None:
    statuses = [
        ended(cast.charlie, "/t/alster-mode/"),
        ended(cast.nobody, "/t/alster-mode/"),
        ended(cast.charlie, "/t/isar-schuh/"),  # nothing is published there
        ended(cast.bob, "/t/alster-mode/nothing.csv"),
    ]

    assert statuses == [404, 302, 200, 404]
    assert counted() == {}


def test_rows_asked_of_the_api_are_readings_also_if_nothing_changed(world: World) -> None:
    rows = f"{world.alster.root}/{VIEW}"

    first = world.ask("GET", rows)
    again = world.ask("GET", rows, If_None_Match=first.headers["ETag"])

    assert (first.status_code, again.status_code) == (200, 304)
    assert counted() == {"alster": 2}


def test_rows_asked_with_a_key_of_the_platform_are_no_readings(world: World) -> None:
    answer = world.ask("GET", f"{world.alster.root}/{VIEW}", key=world.operator)

    assert answer.status_code == 200
    assert counted() == {}
