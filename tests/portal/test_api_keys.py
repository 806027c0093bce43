"""A tenant's keys through the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pytest_django import Settings

from portal.access.models import ApiKey
from tests.portal.api_cast import World, the_world


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def issue(world: World, **body: object) -> dict[str, str]:
    asked = {"name": "till report", "scopes": ["read"], **body}
    answer = world.ask("POST", f"{world.alster.root}/keys", asked)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_an_issued_key_opens_its_own_tenant_alone(world: World) -> None:
    secret = issue(world)["secret"]

    assert world.ask("GET", world.alster.root, key=secret).status_code == 200
    assert world.ask("GET", world.barmbek.root, key=secret).status_code == 404


def test_a_secret_is_shown_once_and_not_kept(world: World) -> None:
    issued = issue(world)

    listed = world.ask("GET", f"{world.alster.root}/keys").content.decode()

    assert issued["code"] in listed
    assert issued["secret"] not in listed
    assert issued["secret"] not in str(ApiKey.objects.values())


def test_a_revoked_key_opens_nothing_from_the_next_request_on(world: World) -> None:
    issued = issue(world)

    answer = world.ask("DELETE", f"{world.alster.root}/keys/{issued['code']}")

    assert answer.status_code == 204
    assert world.ask("GET", world.alster.root, key=issued["secret"]).status_code == 401


def test_a_key_may_revoke_itself(world: World) -> None:
    world.ask("DELETE", f"{world.alster.root}/keys/{world.alster.key.code}")

    assert world.ask("GET", world.alster.root).status_code == 401


@pytest.mark.parametrize("asked", [{}, {"expires_at": None}])
def test_a_key_ends_with_the_key_that_issued_it(world: World, asked: dict[str, None]) -> None:
    end = expiring(world)

    assert parse_datetime(issue(world, **asked)["expires_at"]) == end


def test_a_key_may_end_before_the_key_that_issued_it(world: World) -> None:
    sooner = expiring(world) - timedelta(minutes=30)

    assert parse_datetime(issue(world, expires_at=sooner.isoformat())["expires_at"]) == sooner


def test_a_key_does_not_outlive_the_key_that_issued_it(world: World) -> None:
    later = expiring(world) + timedelta(seconds=1)
    asked = {"name": "for ever", "scopes": ["read"], "expires_at": later.isoformat()}

    answer = world.ask("POST", f"{world.alster.root}/keys", asked)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["expires_at"])
    assert not ApiKey.objects.filter(name="for ever").exists()


def expiring(world: World) -> datetime:
    """When Alster's own key ends, which is soon."""
    end = timezone.now() + timedelta(hours=1)
    ApiKey.objects.filter(pk=world.alster.key.pk).update(expires_at=end)
    return end


@pytest.mark.parametrize("scope", ["platform", "flows", "admin"])
def test_a_key_of_a_tenant_never_gets_the_platforms_scopes(world: World, scope: str) -> None:
    body = {"name": "more", "scopes": ["read", scope]}

    answer = world.ask("POST", f"{world.alster.root}/keys", body)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["scopes.1"])


def test_a_key_passes_on_only_what_it_has(world: World) -> None:
    writer = issue(world, scopes=["write"])["secret"]

    answer = world.ask(
        "POST", f"{world.alster.root}/keys", {"name": "more", "scopes": ["read"]}, key=writer
    )

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["scopes"])


def test_a_key_that_has_expired_already_is_not_issued(world: World) -> None:
    body = {"name": "late", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}

    answer = world.ask("POST", f"{world.alster.root}/keys", body)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["expires_at"])


def test_another_tenants_key_is_not_there_to_revoke(world: World) -> None:
    code = world.barmbek.key.code

    answer = world.ask("DELETE", f"{world.alster.root}/keys/{code}")

    assert answer.status_code == 404
    assert world.ask("GET", world.barmbek.root, key=world.barmbek.secret).status_code == 200


def test_the_platform_issues_keys_for_a_tenant(world: World) -> None:
    body = {"name": "first", "scopes": ["read", "write"]}

    answer = world.ask("POST", f"{world.alster.root}/keys", body, key=world.operator)

    assert answer.status_code == 201
    assert ApiKey.objects.get(code=answer.json()["code"]).tenant == world.alster.tenant
