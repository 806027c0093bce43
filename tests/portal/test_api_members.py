"""Members through the API. Alice and Bob look after Alster, Charlie after Barmbek."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from portal.tenants.selectors import members_of
from tests.portal.api_cast import World, the_world


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def roles(world: World) -> dict[str, str]:
    found = members_of(world.alster.tenant).values_list("user__username", "role")
    return dict(found)


def test_the_members_are_those_of_the_tenant(world: World) -> None:
    answer = world.ask("GET", f"{world.alster.root}/members").json()

    assert [(each["user"], each["role"]) for each in answer["results"]] == [
        ("alice", "ADMIN"),
        ("bob", "VIEWER"),
    ]


@pytest.mark.parametrize("name", ["dora", "DORA@example.org"])
def test_a_person_is_added_by_user_name_or_address(world: World, name: str) -> None:
    User.objects.create_user("dora", "dora@example.org")

    answer = world.ask("POST", f"{world.alster.root}/members", {"user": name, "role": "ADMIN"})

    assert answer.status_code == 201
    assert roles(world)["dora"] == "ADMIN"


def test_an_address_is_not_found_out_by_making_its_owner_a_member(world: World) -> None:
    User.objects.create_user("dora", "dora@example.org")
    members = f"{world.alster.root}/members"

    added = world.ask("POST", members, {"user": "dora"})
    changed = world.ask("PATCH", f"{members}/dora", {"role": "ADMIN"})
    listed = world.ask("GET", members)

    assert [each.status_code for each in (added, changed, listed)] == [201, 200, 200]
    assert not any("@" in each.content.decode() for each in (added, changed, listed))


@pytest.mark.parametrize("name", ["nobody", "nobody@example.org", "gone"])
def test_someone_without_a_usable_account_is_not_added(world: World, name: str) -> None:
    User.objects.create_user("gone", is_active=False)

    answer = world.ask("POST", f"{world.alster.root}/members", {"user": name})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["user"])
    assert set(roles(world)) == {"alice", "bob"}


def test_an_address_that_two_share_is_not_guessed(world: World) -> None:
    for name in ("dora", "emil"):
        User.objects.create_user(name, "shop@example.org")

    answer = world.ask("POST", f"{world.alster.root}/members", {"user": "shop@example.org"})

    assert answer.status_code == 400
    assert set(roles(world)) == {"alice", "bob"}


def test_a_member_gets_another_role(world: World) -> None:
    answer = world.ask("PATCH", f"{world.alster.root}/members/bob", {"role": "ADMIN"})

    assert (answer.status_code, roles(world)["bob"]) == (200, "ADMIN")


def test_a_role_that_does_not_exist_is_refused(world: World) -> None:
    answer = world.ask("PATCH", f"{world.alster.root}/members/bob", {"role": "OWNER"})

    assert (answer.status_code, roles(world)["bob"]) == (400, "VIEWER")


def test_a_member_is_removed(world: World) -> None:
    answer = world.ask("DELETE", f"{world.alster.root}/members/bob")

    assert (answer.status_code, set(roles(world))) == (204, {"alice"})


@pytest.mark.parametrize("name", ["charlie", "nobody", "%00", "a" * 500])
def test_a_member_of_another_tenant_is_nobody_here(world: World, name: str) -> None:
    answer = world.ask("DELETE", f"{world.alster.root}/members/{name}")

    assert answer.status_code == 404
    assert members_of(world.barmbek.tenant).count() == 1
