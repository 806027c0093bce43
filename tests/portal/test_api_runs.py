"""Runs through the API: started once, listed in a steady order, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django_scopes import scope
from pytest_django import Settings

from portal.pipelines.models import Pipeline
from portal.runs.models import Run
from tests.portal.api_cast import NOW, World, the_world


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world, scope(tenant=world.alster.tenant):
        yield world


def past_runs(world: World, count: int) -> list[str]:
    """Two at each moment, so that the order needs more than the time."""
    runs = Run.objects.bulk_create(
        Run(
            tenant=world.alster.tenant,
            connection=world.alster.connection,
            flow_run_id=uuid4(),
            status=Run.Status.COMPLETED,
            requested_at=NOW - timedelta(hours=1 + number // 2),
        )
        for number in range(count)
    )
    return [str(run.code) for run in runs]


def test_a_run_is_started_and_not_waited_for(world: World) -> None:
    answer = world.ask("POST", f"{world.alster.tills}/runs")

    assert (answer.status_code, answer.json()["status"]) == (202, "SCHEDULED")
    run = Run.objects.get(code=answer.json()["code"])
    assert str(run.flow_run_id) in world.prefect.flow_runs.values()


def test_the_same_idempotency_key_gives_the_same_run(world: World) -> None:
    first, again, other = (
        world.ask("POST", f"{world.alster.tills}/runs", Idempotency_Key=key).json()["code"]
        for key in ("one", "one", "two")
    )

    assert (first == again, first == other) == (True, False)
    assert Run.objects.filter(status="SCHEDULED").count() == 2


def test_without_an_idempotency_key_each_request_is_a_run(world: World) -> None:
    codes = {world.ask("POST", f"{world.alster.tills}/runs").json()["code"] for _ in range(2)}

    assert len(codes) == 2


def test_two_tenants_with_the_same_idempotency_key_stay_apart(world: World) -> None:
    ours = world.ask("POST", f"{world.alster.tills}/runs", Idempotency_Key="one").json()
    theirs = world.ask(
        "POST", f"{world.barmbek.tills}/runs", key=world.barmbek.secret, Idempotency_Key="one"
    ).json()

    assert (ours["connection"], theirs["connection"]) == ("alster-tills", "barmbek-tills")
    assert ours["code"] != theirs["code"]


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201])
def test_an_idempotency_key_that_cannot_be_is_refused(world: World, key: str) -> None:
    answer = world.ask("POST", f"{world.alster.tills}/runs", Idempotency_Key=key)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])


def test_what_is_not_deployed_does_not_run(world: World) -> None:
    Pipeline.objects.all().delete()

    answer = world.ask("POST", f"{world.alster.tills}/runs")

    assert answer.status_code == 409
    assert "not deployed" in answer.json()["detail"]


def test_while_prefect_is_down_nothing_is_started(world: World) -> None:
    world.prefect.is_down = True

    answer = world.ask("POST", f"{world.alster.tills}/runs")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "127.0.0.1" not in answer.content.decode()
    assert not Run.objects.filter(status="SCHEDULED").exists()


def test_the_pages_of_a_list_hold_each_run_once(world: World) -> None:
    codes = past_runs(world, 7)

    listed = []
    for page in range(1, 5):
        answer = world.ask("GET", f"{world.alster.root}/runs?page={page}&page_size=2").json()
        listed += [each["code"] for each in answer["results"]]

    assert answer["total"] == 8
    assert len(listed) == 8
    assert set(listed) == {*codes, str(world.alster.run.code)}
    assert listed[0] == str(world.alster.run.code)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=COMPLETED", 4),
        ("status=FAILED", 0),
        ("connection=alster-tills", 5),
        ("connection=barmbek-tills", 0),
        ("since=2026-11-20T04:00:00Z", 3),
        ("since=2026-11-20T05:00:00%2B01:00&status=COMPLETED", 2),
    ],
)
def test_a_list_holds_only_what_was_asked_for(world: World, query: str, count: int) -> None:
    past_runs(world, 4)

    answer = world.ask("GET", f"{world.alster.root}/runs?{query}").json()

    assert answer["total"] == len(answer["results"]) == count


@pytest.mark.parametrize("query", ["status=DONE", "since=now", "tenant=barmbek", "order_by=pk"])
def test_a_filter_that_does_not_exist_is_refused(world: World, query: str) -> None:
    answer = world.ask("GET", f"{world.alster.root}/runs?{query}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


def test_a_list_costs_the_same_number_of_queries_however_long(
    world: World, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    past_runs(world, 20)

    with django_assert_max_num_queries(5):  # type: ignore[operator]  # a context manager
        world.ask("GET", f"{world.alster.tills}/runs")


def test_a_run_shows_the_account_of_its_streams(world: World) -> None:
    path = f"{world.alster.root}/runs/{world.alster.run.code}"

    answer = world.ask("GET", path).json()

    [sale] = answer["streams"]
    assert (sale["stream"], sale["extracted"], sale["new"], sale["unchanged"]) == ("sale", 3, 2, 1)
    assert "flow_run_id" not in answer


def test_a_run_is_asked_to_stop(world: World) -> None:
    path = f"{world.alster.root}/runs/{world.alster.run.code}/cancel"

    answer = world.ask("POST", path)

    assert answer.status_code == 202
    state = f"POST /prefect/flow_runs/{world.alster.run.flow_run_id}/set_state"
    assert state in world.prefect.asked


def test_a_run_that_has_ended_cannot_be_stopped(world: World) -> None:
    [code] = past_runs(world, 1)

    answer = world.ask("POST", f"{world.alster.root}/runs/{code}/cancel")

    assert answer.status_code == 409


def test_another_tenants_run_is_not_there(world: World) -> None:
    path = f"{world.alster.root}/runs/{world.barmbek.run.code}"

    found, made_up = (
        world.ask("GET", path),
        world.ask("GET", f"{world.alster.root}/runs/{UUID(int=7)}"),
    )

    assert (found.status_code, found.content) == (404, made_up.content)
