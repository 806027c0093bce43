"""Drift over the REST API: runs report it, and the keys of its tenant read and acknowledge it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.api.drift import DriftOutput
from portal.drift.models import DriftEvent, StreamField
from tests.portal.api_cast import World, the_world

LANDED = {"status": "LANDED", "extracted": 1, "new": 1}


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def report(world: World, **drift: Any) -> Any:
    path = f"/api/v1/flow/runs/{world.alster.run.code}/streams/branch"
    return world.ask("PUT", path, {**LANDED, "drift": drift}, key=world.flows)


def listed(world: World, query: str = "", *, key: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ask(
        "GET", f"{world.alster.root}/drift{query}", key=key
    ).json()["results"]
    return found


def test_what_a_run_reports_the_next_one_is_told(world: World) -> None:
    answer = report(world, policy="evolve", learned=["id", "  odd name "])

    body = {"connection": str(world.alster.connection.code), "flow_run_id": str(uuid4())}
    claimed = world.ask("POST", "/api/v1/flow/runs", body, key=world.flows).json()
    assert answer.status_code == 204
    assert claimed["connection"]["known_fields"] == {"branch": {"id": True, "  odd name ": True}}
    assert claimed["frozen_fields"] == {}


@pytest.mark.parametrize(
    "drift",
    [
        {"policy": "ignore"},
        {"policy": "evolve", "appeared": {"x" * 101: 1}},
        {"policy": "evolve", "appeared": {"x": 0}},
        {"policy": "evolve", "appeared": {"x": "PII"}},
        {"policy": "evolve", "appeared": {str(number): 1 for number in range(501)}},
        {"policy": "evolve", "learned": ["x" * 101]},
        {"policy": "evolve", "learned": [str(number) for number in range(501)]},
        {"policy": "evolve", "values": {"name": "PII"}},
    ],
)
def test_more_than_names_and_numbers_is_refused(world: World, drift: dict[str, Any]) -> None:
    answer = report(world, **drift)

    with scopes_disabled():  # the database is looked at
        assert not StreamField.objects.exists()
    assert answer.status_code == 400


def test_alice_sees_what_has_changed_and_by_which_run(world: World) -> None:
    [event] = listed(world)

    assert set(event) == set(DriftOutput().fields)
    assert (event["connection"], event["stream"], event["field"]) == (
        "alster-tills",
        "sale",
        "colour",
    )
    assert (event["kind"], event["records"]) == ("QUARANTINED", 3)
    assert event["run"] == event["last_run"] == str(world.alster.run.code)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?kind=QUARANTINED", ["colour"]),
        ("?kind=VANISHED", ["size"]),
        ("?stream=sale", ["colour"]),
        ("?connection=alster-tills", ["size", "colour"]),
        ("?connection=barmbek-tills", []),
        ("?acknowledged=true", []),
        ("?acknowledged=false", ["size", "colour"]),
    ],
)
def test_it_can_be_picked(world: World, query: str, fields: list[str]) -> None:
    report(world, policy="evolve", vanished=["size"])

    assert [event["field"] for event in listed(world, query)] == fields


def test_what_a_run_saw_first_can_be_picked(world: World) -> None:
    mine = listed(world, f"?run={world.alster.run.code}")
    charlies = listed(world, f"?run={world.barmbek.run.code}")

    assert ([event["field"] for event in mine], charlies) == (["colour"], [])


def test_a_key_acknowledges_it_and_is_named(world: World) -> None:
    path = f"{world.alster.root}/drift/{world.alster.drift.code}/acknowledge"

    answer = world.ask("POST", path, {})

    assert answer.json()["acknowledged_by"] == "key own"
    with scopes_disabled():  # the database is looked at
        assert not StreamField.objects.exists()


def test_a_field_that_is_kept_out_can_be_taken_in(world: World) -> None:
    path = f"{world.alster.root}/drift/{world.alster.drift.code}/acknowledge"

    answer = world.ask("POST", path, {"take_in": True})

    assert answer.status_code == 200
    with scopes_disabled():  # the database is looked at
        field = StreamField.objects.get()
    assert (field.connection, field.name) == (world.alster.connection, "colour")


def test_charlie_neither_sees_nor_acknowledges_what_is_alices(world: World) -> None:
    hers = f"{world.alster.root}/drift"
    taken = f"{hers}/{world.alster.drift.code}/acknowledge"
    at_home = f"{world.barmbek.root}/drift/{world.alster.drift.code}/acknowledge"

    answers = [
        world.ask("GET", hers, key=world.barmbek.secret),
        world.ask("POST", taken, {"take_in": True}, key=world.barmbek.secret),
        world.ask("POST", at_home, {"take_in": True}, key=world.barmbek.secret),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    with scopes_disabled():  # the database is looked at
        assert not DriftEvent.objects.exclude(acknowledged_at=None).exists()


def test_who_may_only_read_acknowledges_nothing(world: World) -> None:
    path = f"{world.alster.root}/drift/{world.alster.drift.code}/acknowledge"

    answer = world.ask("POST", path, {}, key=world.alster.read_only)

    assert answer.status_code == 403


def test_whether_drift_raises_alerts_is_chosen_by_connection(world: World) -> None:
    before = world.ask("GET", world.alster.tills).json()["alerts_of_drift"]

    changed = world.ask("PATCH", world.alster.tills, {"alerts_of_drift": True}).json()

    assert (before, changed["alerts_of_drift"]) == (False, True)
    assert changed["streams"] == ["sale", "branch"]


def test_what_is_refused_changes_no_part_of_a_connection(world: World) -> None:
    wrong = {"alerts_of_drift": True, "streams": ["nobody"]}

    answer = world.ask("PATCH", world.alster.tills, wrong)

    assert answer.status_code == 400
    assert world.ask("GET", world.alster.tills).json()["alerts_of_drift"] is False
