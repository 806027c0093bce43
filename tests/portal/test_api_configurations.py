"""What the lake is told of each tenant: all that was set up, and nothing that is secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as db_connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.api.platform import ConfigurationsApi, ConfiguredConnection
from portal.connections.services import create_connection, set_schedule
from portal.tenants.services import create_tenant
from tests.portal.api_cast import World, the_world
from tests.portal.api_places import CANARY


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def configurations(world: World) -> dict[str, Any]:
    answer = world.ask("GET", "/api/v1/platform/configurations", key=world.platform)
    assert answer.status_code == 200
    return {each["slug"]: each for each in answer.json()}


def test_every_tenant_is_told_with_its_connections_and_their_schedules(world: World) -> None:
    with scopes_disabled():
        set_schedule(connection=world.alster.connection, kind="CRON", cron="15 2 * * *")

    said = configurations(world)

    [tills] = said["alster"]["connections"]
    assert sorted(said) == ["alster", "barmbek"]
    assert said["alster"]["code"] == str(world.alster.tenant.code)
    assert said["alster"]["time_zone"] == "Europe/Berlin"
    assert tills["name"] == "alster-tills"
    assert tills["schedule"] == {"kind": "CRON", "cron": "15 2 * * *", "interval_minutes": None}


def test_a_configuration_has_what_is_described_and_no_secret(world: World) -> None:
    answer = world.ask("GET", "/api/v1/platform/configurations", key=world.platform)

    [said, _] = answer.json()
    text = answer.content.decode()
    assert set(said) == set(ConfigurationsApi.OutputSerializer().fields)
    assert set(said["connections"][0]) == set(ConfiguredConnection().fields)
    assert CANARY not in text
    assert not [word for word in ("credential", "secret", "password", "cipher") if word in text]


def test_a_connection_that_never_had_a_schedule_says_so(world: World) -> None:
    with scopes_disabled():
        schedule = getattr(world.barmbek.connection, "schedule", None)
        if schedule is not None:
            schedule.delete()

    [tills] = configurations(world)["barmbek"]["connections"]

    assert tills["schedule"] is None


def test_more_tenants_cost_no_more_questions_to_the_database(
    world: World, django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(db_connection) as before:
        configurations(world)
    for number in range(3):
        tenant = create_tenant(slug=f"more-{number}", name="More")
        create_connection(tenant=tenant, connector="prohandel", name="tills")

    with django_assert_max_num_queries(len(before)):
        assert len(configurations(world)) == 5
