"""Who gets in nowhere: for every door, every kind of key that must not open it.

The doors come from the URL resolver. A new one fails here until `api_routes` can fill it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker, Settings

from portal.access.models import ApiKey
from portal.api.permissions import needed_scope
from portal.api.urls import urlpatterns
from portal.costs.models import Budget, BudgetOverride
from portal.runs.models import Run
from portal.tenants.models import Tenant
from tests.portal.api_cast import World, found, settle
from tests.portal.api_places import CANARY, running_places
from tests.portal.api_routes import (
    BODIES,
    FABRICATED,
    OPEN,
    QUERIES,
    VALUES,
    Door,
    doors,
    path_of,
    view_of,
)

DOORS = list(doors())
OF_A_TENANT = [door for door in DOORS if door.route.startswith("tenants/<")]
BELOW_A_TENANT = [door for door in OF_A_TENANT if not door.is_for_platform]
ABOUT_A_TENANT = [door for door in OF_A_TENANT if door.is_for_platform]
WITH_A_PART = [door for door in BELOW_A_TENANT if door.route.count("<") > 1]
OF_THE_PLATFORM = [door for door in DOORS if door.route.startswith(("flow/", "platform/"))]
UNSAFE = [door for door in DOORS if not door.is_safe]


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """In a transaction around those of the tests: to found it takes longer than to knock."""
    with running_places() as places, django_db_blocker.unblock(), transaction.atomic():
        with override_settings(ALLOW_PRIVATE_HOSTS=True):
            world = found(places)
        # The name is enough for a door that does not open; rows are read where one does.
        world.alster.publication = world.barmbek.publication = "20261120T050000Z-0123abcd"
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(founded: World, db: None, settings: Settings, tmp_path: Path) -> World:
    """As it was founded, whatever the tests before have done to it."""
    founded.prefect.forget()
    settle(settings, tmp_path, founded.prefect)
    alster, barmbek = deepcopy(founded.alster), deepcopy(founded.barmbek)
    return replace(founded, alster=alster, barmbek=barmbek, http=Client())


def knock(world: World, door: Door, *, key: str, **other: str) -> Any:
    path = path_of(door, world.alster, **other) + QUERIES.get(str(door), "")
    return world.ask(door.method, path, BODIES.get(str(door)), key=key)


def told(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything that a caller gets to see."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


def state(world: World) -> list[Any]:
    """What nobody may have changed."""
    return [
        list(Tenant.objects.order_by("pk").values()),
        list(Run._base_manager.order_by("pk").values()),
        list(ApiKey.objects.order_by("pk").values("pk", "scopes", "revoked_at")),
        *[
            list(relation.get_queryset().order_by("pk").values())
            for relation in (
                world.alster.tenant.connections.model._base_manager,
                world.alster.tenant.members.model._base_manager,
                Budget._base_manager,
                BudgetOverride._base_manager,
            )
        ],
        world.prefect.asked,
    ]


def test_every_door_can_be_knocked_at(world: World) -> None:
    places = {name for door in DOORS for name in re.findall(r"<\w+:(\w+)>", door.route)}
    has_a_body = {str(door) for door in DOORS if door.method in {"PUT", "PATCH"}}

    assert places <= {*VALUES, "code"}
    assert places <= set(FABRICATED)
    assert has_a_body <= set(BODIES)
    assert set(BODIES) <= {str(door) for door in DOORS}


def test_every_door_names_its_scope() -> None:
    scopes = {str(door): needed_scope(door.view, door.method) for door in DOORS}

    expected = {
        str(door): door.route.partition("/")[0].replace("flow", "flows")
        if door in OF_THE_PLATFORM
        else "read"
        if door.is_safe
        else "write"
        for door in DOORS
    }
    assert scopes == expected


def test_only_descriptions_are_open_to_anybody() -> None:
    unguarded = [
        view_of(pattern) for pattern in urlpatterns if not view_of(pattern).authentication_classes
    ]

    assert set(unguarded) == set(OPEN)


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_without_a_usable_key_no_door_opens(world: World, door: Door) -> None:
    before = state(world)

    answers = [
        knock(world, door, key=key)
        for key in ("", "mk_made_up", world.alster.revoked, world.alster.expired)
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert state(world) == before


@pytest.mark.parametrize("door", [d for d in DOORS if d not in OF_THE_PLATFORM], ids=str)
def test_a_key_of_the_flows_opens_none_of_the_others(world: World, door: Door) -> None:
    before = state(world)

    answer = knock(world, door, key=world.flows)

    assert answer.status_code == 403
    assert state(world) == before


@pytest.mark.parametrize("door", OF_THE_PLATFORM, ids=str)
def test_a_key_of_a_tenant_opens_none_of_the_platform(world: World, door: Door) -> None:
    before = state(world)
    # Even if its row said more than a tenant's key can be issued with.
    ApiKey.objects.filter(pk=world.barmbek.key.pk).update(
        scopes=["read", "write", "platform", "flows"]
    )

    answers = [knock(world, door, key=key) for key in (world.alster.secret, world.barmbek.secret)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert CANARY not in answers[0].content.decode()
    assert state(world)[1] == before[1]


@pytest.mark.parametrize("door", OF_THE_PLATFORM, ids=str)
def test_a_key_of_the_platform_needs_the_right_scope(world: World, door: Door) -> None:
    other = world.platform if needed_scope(door.view, door.method) == "flows" else world.flows

    answers = [knock(world, door, key=key) for key in (world.operator, other)]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("door", UNSAFE, ids=str)
def test_a_key_that_may_read_changes_nothing(world: World, door: Door) -> None:
    before = state(world)

    answer = knock(world, door, key=world.alster.read_only)

    assert answer.status_code == 403
    assert state(world) == before


@pytest.mark.parametrize("door", BELOW_A_TENANT, ids=str)
def test_another_tenant_is_like_one_that_does_not_exist(world: World, door: Door) -> None:
    before = state(world)

    theirs = knock(world, door, key=world.barmbek.secret)
    made_up = knock(world, door, key=world.barmbek.secret, tenant=FABRICATED["tenant"])

    assert theirs.status_code == 404
    assert told(theirs) == told(made_up)
    assert state(world) == before


@pytest.mark.parametrize("door", ABOUT_A_TENANT, ids=str)
def test_what_is_decided_about_a_tenant_is_not_for_its_own_keys(world: World, door: Door) -> None:
    before = state(world)

    own, theirs = (
        knock(world, door, key=key) for key in (world.alster.secret, world.barmbek.secret)
    )
    made_up = knock(world, door, key=world.barmbek.secret, tenant=FABRICATED["tenant"])

    assert own.status_code == 403
    assert told(own) == told(theirs) == told(made_up)
    assert state(world) == before


@pytest.mark.parametrize("door", WITH_A_PART, ids=str)
def test_what_another_tenant_has_is_not_found_at_the_own_address(world: World, door: Door) -> None:
    before = state(world)
    own = world.barmbek.tenant.slug
    invented = {name: text for name, text in FABRICATED.items() if name != "tenant"}

    theirs = knock(world, door, key=world.barmbek.secret, tenant=own)
    made_up = knock(world, door, key=world.barmbek.secret, tenant=own, **invented)

    assert theirs.status_code == 404
    assert told(theirs) == told(made_up)
    assert state(world) == before


@pytest.mark.parametrize("door", BELOW_A_TENANT, ids=str)
def test_a_tenant_that_does_not_exist_is_the_same_for_everyone(world: World, door: Door) -> None:
    mine, operators = (
        knock(world, door, key=key, tenant=FABRICATED["tenant"])
        for key in (world.alster.secret, world.operator)
    )

    assert mine.status_code == 404
    assert told(mine) == told(operators)


@pytest.mark.parametrize("path", ["tenants", "connectors"])
def test_a_shared_list_holds_nothing_of_another_tenant(world: World, path: str) -> None:
    answer = world.ask("GET", f"/api/v1/{path}", key=world.barmbek.secret)

    assert answer.status_code == 200
    assert "alster" not in answer.content.decode().lower()


@pytest.mark.parametrize("door", [d for d in BELOW_A_TENANT if d.is_safe], ids=str)
def test_the_own_key_opens_the_own_doors(world: World, door: Door) -> None:
    world.publish()

    answer = knock(world, door, key=world.alster.read_only)

    assert answer.status_code == 200
    assert "barmbek" not in answer.content.decode().lower()


def test_asking_for_headers_alone_needs_a_key_as_well(world: World) -> None:
    answers = [
        world.ask("HEAD", world.alster.root, key=key)
        for key in ("", world.flows, world.barmbek.secret, world.alster.read_only)
    ]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 200]
