"""Tenants through the API: who sees which, and who may create them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from portal.tenants.models import Tenant
from tests.portal.api_cast import World, the_world


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def test_a_key_of_a_tenant_lists_its_own_tenant_alone(world: World) -> None:
    answer = world.ask("GET", "/api/v1/tenants").json()

    assert [each["slug"] for each in answer["results"]] == ["alster"]
    assert answer["total"] == 1


def test_a_key_of_the_platform_lists_all_tenants_page_by_page(world: World) -> None:
    answer = world.ask("GET", "/api/v1/tenants?page=2&page_size=1", key=world.operator).json()

    assert [each["slug"] for each in answer["results"]] == ["barmbek"]
    assert (answer["total"], answer["page"], answer["page_size"]) == (2, 2, 1)


def test_a_page_after_the_last_is_empty(world: World) -> None:
    answer = world.ask("GET", "/api/v1/tenants?page=1000000", key=world.operator)

    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page_size=1001",
        "page=99999999999999999999",
        "page=x",
        "page=1&page=2",
        "pgae=1",
        "page=%00",
    ],
)
def test_a_page_that_cannot_be_is_refused(world: World, query: str) -> None:
    answer = world.ask("GET", f"/api/v1/tenants?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_the_platform_creates_a_tenant(world: World) -> None:
    body = {"slug": "eppendorf", "name": "Eppendorf", "currency": "CHF", "country": "CH"}

    answer = world.ask("POST", "/api/v1/tenants", body, key=world.operator)

    assert answer.status_code == 201
    assert (answer.json()["currency"], answer.json()["time_zone"]) == ("CHF", "Europe/Berlin")
    assert Tenant.objects.get(slug="eppendorf").country == "CH"


def test_a_tenant_may_not_create_tenants(world: World) -> None:
    answer = world.ask("POST", "/api/v1/tenants", {"slug": "mine", "name": "Mine"})

    assert answer.status_code == 403
    assert not Tenant.objects.filter(slug="mine").exists()


@pytest.mark.parametrize("field", ["code", "id", "engine", "created_at", "is_staff"])
def test_a_field_that_is_not_for_the_caller_is_refused(world: World, field: str) -> None:
    body = {"slug": "eppendorf", "name": "Eppendorf", field: "x"}

    answer = world.ask("POST", "/api/v1/tenants", body, key=world.operator)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Tenant.objects.filter(slug="eppendorf").exists()


def test_a_slug_that_is_taken_is_refused_by_name(world: World) -> None:
    body = {"slug": "alster", "name": "Again"}

    answer = world.ask("POST", "/api/v1/tenants", body, key=world.operator)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"slug": ["The slug alster is taken. Choose another."]}


def test_a_tenant_changes_its_own_name(world: World) -> None:
    answer = world.ask("PATCH", world.alster.root, {"name": "Alster Mode"})

    assert (answer.status_code, answer.json()["name"]) == (200, "Alster Mode")
    assert Tenant.objects.get(slug="alster").name == "Alster Mode"


def test_a_tenant_that_moves_takes_its_schedules_along(world: World) -> None:
    world.ask("PUT", f"{world.alster.tills}/schedule", {"kind": "CRON", "cron": "15 2 * * *"})

    world.ask("PATCH", world.alster.root, {"time_zone": "Europe/Lisbon"})

    [deployment] = world.prefect.deployments.values()
    [schedule] = deployment["schedules"]
    assert schedule["schedule"]["timezone"] == "Europe/Lisbon"


def test_the_slug_of_a_tenant_stays(world: World) -> None:
    answer = world.ask("PATCH", world.alster.root, {"slug": "other"})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["slug"])
