"""Connections through the API: made whole or not at all, and silent about their secrets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope
from pytest_django import Settings

from portal.connections.models import Connection, Credentials
from portal.connections.secrets import secret_store
from portal.pipelines.models import Pipeline
from tests.portal.api_cast import World, the_world
from tests.portal.api_places import CANARY


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world, scope(tenant=world.alster.tenant):
        yield world


BARE = {"name": "bare", "connector": "prohandel"}


def new(**changes: Any) -> dict[str, Any]:
    return {
        "name": "outlet",
        "connector": "prohandel",
        "credentials": {"api_key": f"{CANARY}-1", "api_secret": f"{CANARY}-2"},
        "streams": ["sale", "article"],
        "history_from": "2024-01-01",
        "schedule": {"kind": "INTERVAL", "interval_minutes": 30},
        **changes,
    }


def test_a_connection_is_made_with_all_that_belongs_to_it(world: World) -> None:
    answer = world.ask("POST", f"{world.alster.root}/connections", new())

    assert answer.status_code == 201
    made = Connection.objects.get(name="outlet")
    assert (made.streams, made.history_from) == (["sale", "article"], date(2024, 1, 1))
    assert (made.schedule.kind, made.schedule.interval_minutes) == ("INTERVAL", 30)
    assert secret_store().get(connection=made)["api_key"] == f"{CANARY}-1"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("credentials.api_secret", {"credentials": {"api_key": "x"}}),
        ("streams", {"streams": ["sale", "nothing"]}),
        ("streams", {"streams": []}),
        ("schedule.cron", {"schedule": {"kind": "CRON", "cron": "every day"}}),
        ("schedule.interval_minutes", {"schedule": {"kind": "INTERVAL"}}),
        ("schedule.crn", {"schedule": {"kind": "CRON", "crn": "1 1 * * *"}}),
        ("connector", {"connector": "nothing"}),
        ("name", {"name": "alster-tills"}),
        ("name", {"name": "../barmbek"}),
        ("history_from", {"history_from": "yesterday"}),
        ("tenant", {"tenant": "barmbek"}),
        ("fence", {"fence": 7}),
    ],
)
def test_if_one_part_is_wrong_nothing_is_made(
    world: World, field: str, body: dict[str, Any]
) -> None:
    answer = world.ask("POST", f"{world.alster.root}/connections", new(**body))

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert [each.name for each in Connection.objects.all()] == ["alster-tills"]
    assert Credentials.objects.count() == 1


def test_two_tenants_may_use_the_same_name(world: World) -> None:
    root = world.barmbek.root

    answer = world.ask(
        "POST", f"{root}/connections", new(name="alster-tills"), key=world.barmbek.secret
    )

    assert answer.status_code == 201


def test_credentials_go_in_and_never_come_out(world: World) -> None:
    world.ask("POST", f"{world.alster.root}/connections", new())
    paths = ("", "/credentials", "/schedule", "/deployment", "/runs")
    seen = [
        world.ask("GET", f"{world.alster.root}/connections/outlet{path}").content for path in paths
    ]
    seen.append(world.ask("GET", f"{world.alster.root}/connections").content)
    seen.append(world.ask("POST", f"{world.alster.tills}/test").content)

    assert CANARY not in b"".join(seen).decode()


def test_only_when_credentials_were_set_is_shown(world: World) -> None:
    world.ask(
        "POST", f"{world.alster.root}/connections", {"name": "bare", "connector": "prohandel"}
    )

    bare, tills = world.ask("GET", f"{world.alster.root}/connections").json()["results"][::-1]

    assert (bare["credentials_set_at"], bare["wanted"]) == (None, None)
    assert (tills["credentials_set_at"], tills["wanted"]) == ("2026-11-20T05:00:00Z", "ACTIVE")


def test_new_credentials_ask_for_a_new_test(world: World) -> None:
    values = {"api_key": "new", "api_secret": "pair"}

    answer = world.ask("PUT", f"{world.alster.tills}/credentials", values)

    assert (answer.status_code, answer.content) == (204, b"")
    found = Connection.objects.get(name="alster-tills")
    assert found.test_result is None
    assert secret_store().get(connection=found)["api_key"] == "new"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("api_secret", {"api_key": CANARY}),
        ("pin", {"api_key": CANARY, "api_secret": CANARY, "pin": CANARY}),
        ("api_key", {"api_key": ["a", CANARY], "api_secret": CANARY}),
        ("auth_url", {"api_key": CANARY, "api_secret": CANARY, "auth_url": CANARY}),
        ("body", [CANARY]),
        ("body", CANARY),
    ],
)
def test_credentials_that_do_not_fit_are_refused_without_repeating_them(
    world: World, field: str, values: Any
) -> None:
    answer = world.ask("PUT", f"{world.alster.tills}/credentials", values)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert CANARY not in answer.content.decode()
    found = Connection.objects.get(name="alster-tills")
    assert secret_store().get(connection=found)["api_key"] == f"{CANARY}-key"


def test_a_test_says_what_each_stream_answered(world: World) -> None:
    answer = world.ask("POST", f"{world.alster.tills}/test").json()

    assert answer["ok"] is True
    assert {each["name"]: each["outcome"] for each in answer["streams"]}["sale"] == "EMPTY"
    shown = world.ask("GET", world.alster.tills).json()
    assert shown["test_result"] == answer


def test_a_connection_without_credentials_cannot_be_tested_yet(world: World) -> None:
    world.ask(
        "POST", f"{world.alster.root}/connections", {"name": "bare", "connector": "prohandel"}
    )

    answer = world.ask("POST", f"{world.alster.root}/connections/bare/test")

    assert answer.status_code == 409
    assert "no credentials" in answer.json()["detail"]


def test_streams_change_and_what_is_not_named_stays(world: World) -> None:
    world.ask("PATCH", world.alster.tills, {"history_from": "2025-02-03"})

    answer = world.ask("PATCH", world.alster.tills, {"streams": ["sale"]})

    assert (answer.json()["streams"], answer.json()["history_from"]) == (["sale"], "2025-02-03")


def test_a_name_and_a_connector_stay_as_they_are(world: World) -> None:
    answer = world.ask("PATCH", world.alster.tills, {"name": "other", "connector": "x"})

    assert set(answer.json()["errors"]) == {"name", "connector"}


def test_a_schedule_reaches_prefect_at_once(world: World) -> None:
    body = {"kind": "CRON", "cron": "15 2 * * *"}

    answer = world.ask("PUT", f"{world.alster.tills}/schedule", body)

    assert answer.json() == {**body, "interval_minutes": None, "time_zone": "Europe/Berlin"}
    [deployment] = world.prefect.deployments.values()
    assert deployment["schedules"][0]["schedule"]["cron"] == "15 2 * * *"


def test_a_schedule_is_kept_while_prefect_is_down(world: World) -> None:
    world.prefect.is_down = True

    world.ask("PUT", f"{world.alster.tills}/schedule", {"kind": "INTERVAL", "interval_minutes": 5})

    shown = world.ask("GET", f"{world.alster.tills}/schedule").json()
    assert (shown["kind"], shown["interval_minutes"]) == ("INTERVAL", 5)


def test_a_connection_is_paused_and_resumed(world: World) -> None:
    states = []
    for wanted in ("PAUSED", "PAUSED", "ACTIVE"):
        answer = world.ask("PUT", f"{world.alster.tills}/deployment", {"wanted": wanted})
        [deployment] = world.prefect.deployments.values()
        states.append((answer.json()["wanted"], answer.json()["is_applied"], deployment["paused"]))

    assert states == [("PAUSED", True, True), ("PAUSED", True, True), ("ACTIVE", True, False)]


def test_a_connection_that_is_not_ready_is_not_deployed(world: World) -> None:
    world.ask("POST", f"{world.alster.root}/connections", new())

    path = f"{world.alster.root}/connections/outlet/deployment"
    answer = world.ask("PUT", path, {"wanted": "ACTIVE"})

    assert answer.status_code == 409
    assert "has not been tested yet" in answer.json()["detail"]
    assert world.ask("GET", path).json()["wanted"] is None


def test_only_the_platform_reads_what_is_wrong_with_prefect(world: World) -> None:
    world.prefect.is_down = True
    path = f"{world.alster.tills}/deployment"

    tenant = world.ask("PUT", path, {"wanted": "PAUSED"}).json()
    operator = world.ask("GET", path, key=world.operator).json()

    assert (tenant["is_applied"], tenant["problem"]) == (False, "")
    assert "Prefect" in operator["problem"]


def test_a_connection_is_forgotten_with_its_credentials_and_deployment(world: World) -> None:
    world.ask("PUT", f"{world.alster.tills}/deployment", {"wanted": "PAUSED"})

    answer = world.ask("DELETE", world.alster.tills)

    assert answer.status_code == 204
    assert not Connection.objects.exists()
    assert not Credentials.objects.exists()
    assert not Pipeline.objects.exists()
    assert world.prefect.deployments == {}


def test_the_connectors_say_what_a_form_has_to_ask(world: World) -> None:
    answer = world.ask("GET", "/api/v1/connectors").json()

    prohandel = next(each for each in answer["results"] if each["name"] == "prohandel")
    secrets = {each["name"]: each["is_secret"] for each in prohandel["credentials"]}
    assert secrets == {"api_key": False, "api_secret": True, "auth_url": False}
    assert {"name": "sale", "title": "Receipt lines", "is_required": True} in prohandel["streams"]
