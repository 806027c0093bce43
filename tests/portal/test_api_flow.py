"""What flow runs ask for, as far as the form of it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.api.flow import ClaimedConnection, JobTenant, RunClaimApi, RunCredentialsApi
from portal.runs.models import Run
from tests.portal.api_cast import World, the_world
from tests.portal.api_places import CANARY


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def run_of(world: World) -> str:
    return f"/api/v1/flow/runs/{world.alster.run.code}"


def claim(world: World, **other: Any) -> Any:
    body = {"connection": str(world.alster.connection.code), "flow_run_id": str(uuid4()), **other}
    return world.ask("POST", "/api/v1/flow/runs", body, key=world.flows)


def test_a_claimed_run_gets_what_is_described_and_no_secret(world: World) -> None:
    answer = claim(world)

    said = answer.json()
    assert answer.status_code == 201
    assert set(said) == set(RunClaimApi.OutputSerializer().fields)
    assert set(said["tenant"]) == set(JobTenant().fields)
    assert set(said["connection"]) == set(ClaimedConnection().fields)
    assert CANARY not in answer.content.decode()


def test_each_claim_has_a_higher_fence(world: World) -> None:
    first, second = claim(world).json()["fence"], claim(world).json()["fence"]

    assert second > first


def test_a_run_of_no_connection_is_not_there(world: World) -> None:
    assert claim(world, connection=str(uuid4())).status_code == 404


def test_a_run_that_goes_on_gets_its_credentials_and_nobody_keeps_them(world: World) -> None:
    answer = world.ask("GET", f"{run_of(world)}/credentials", key=world.flows)

    assert set(answer.json()) == set(RunCredentialsApi.OutputSerializer().fields)
    assert answer.json()["credentials"]["api_key"] == f"{CANARY}-key"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_run_that_has_ended_gets_no_credentials(world: World) -> None:
    world.ask("POST", f"{run_of(world)}/finish", {"status": "COMPLETED"}, key=world.flows)

    answer = world.ask("GET", f"{run_of(world)}/credentials", key=world.flows)

    assert answer.status_code == 404


def test_records_that_do_not_add_up_are_refused(world: World) -> None:
    body = {"status": "LANDED", "extracted": 3, "new": 1}

    answer = world.ask("PUT", f"{run_of(world)}/streams/sale", body, key=world.flows)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["extracted"])


@pytest.mark.parametrize("stream", ["x" * 200, "nonsense", "sale ", "SALE"])
def test_a_stream_that_the_source_does_not_have_is_not_there(world: World, stream: str) -> None:
    body = {"status": "LANDED", "extracted": 1, "new": 1}

    answer = world.ask("PUT", f"{run_of(world)}/streams/{stream}", body, key=world.flows)

    assert answer.status_code == 404
    with scopes_disabled():  # the run is named
        assert world.alster.run.streams.count() == 1


def test_the_first_word_about_an_end_stands(world: World) -> None:
    for status in ("COMPLETED", "CRASHED"):
        world.ask("POST", f"{run_of(world)}/finish", {"status": status}, key=world.flows)

    with scopes_disabled():  # the run is named
        assert Run.objects.get(code=world.alster.run.code).status == "COMPLETED"
