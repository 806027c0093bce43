"""Runs that ended without a word are brought to their end with what Prefect knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.connections.models import Connection
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.runs.models import Run
from portal.runs.services import claim_run, run_now
from portal.runs.settle import settle_runs
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"

pytestmark = pytest.mark.usefixtures("every_tenant")


def test_a_run_that_died_silently_is_settled_with_what_prefect_knows(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW)
    prefect.end_flow_run(str(run.flow_run_id), state="CRASHED", message="The run fell silent.")

    (settled,) = settle_runs(api=api, at=NOW)

    assert (settled.status, settled.message) == ("CRASHED", "The run fell silent.")
    assert settled.actor == Run.Actor.OPERATOR


def test_a_run_that_prefect_has_forgotten_is_settled_as_crashed(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    run_now(connection=deployed, api=api, at=NOW)
    prefect.forget()

    (settled,) = settle_runs(api=api, at=NOW)

    assert settled.status == Run.Status.CRASHED
    assert "Prefect no longer knows this run" in settled.message


def test_a_run_that_only_prefect_knows_is_found(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deployment_id = Pipeline.objects.get().deployment_id
    assert deployment_id is not None
    flow_run = api.create_flow_run(deployment_id=deployment_id, idempotency_key="by hand")
    prefect.end_flow_run(flow_run, state="FAILED", message="Out of memory.")

    (settled,) = settle_runs(api=api, at=NOW + timedelta(hours=1))

    assert str(settled.flow_run_id) == flow_run
    assert (settled.connection, settled.status) == (deployed, "FAILED")


def test_a_cancelled_run_is_nobodys_task(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW)
    prefect.end_flow_run(str(run.flow_run_id), state="CANCELLED")

    (settled,) = settle_runs(api=api, at=NOW)

    assert (settled.status, settled.actor) == ("CANCELLED", Run.Actor.NOBODY)


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "COMPLETED"])
def test_a_run_that_speaks_for_itself_is_not_looked_for(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect, state: str
) -> None:
    deployment_id = Pipeline.objects.get().deployment_id
    assert deployment_id is not None
    flow_run = api.create_flow_run(deployment_id=deployment_id, idempotency_key="by hand")
    prefect.flow_runs[flow_run]["state_type"] = state

    settle_runs(api=api, at=NOW + timedelta(hours=1))

    assert not Run.objects.exists()


def test_runs_of_another_installation_are_not_looked_for(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deployment_id = Pipeline.objects.get().deployment_id
    assert deployment_id is not None
    flow_run = api.create_flow_run(deployment_id=deployment_id, idempotency_key="theirs")
    prefect.flow_runs[flow_run]["tags"] = ["mercurios:0badcafe"]
    prefect.end_flow_run(flow_run, state="FAILED")

    settle_runs(api=api, at=NOW + timedelta(hours=1))

    assert not Run.objects.exists()


def test_a_run_that_goes_on_is_left_alone(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW)
    claim_run(connection=deployed, flow_run_id=run.flow_run_id, at=NOW)

    assert settle_runs(api=api, at=NOW) == []
    assert Run.objects.get().status == Run.Status.RUNNING
