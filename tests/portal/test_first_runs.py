"""A demo that was stopped goes on where it was: dead runs are buried, none is asked for twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal.cli.first_runs import begin_first_runs, bury_dead_runs, check_on_its_way
from portal.cli.processes import CannotStart
from portal.connections.models import Connection
from portal.pipelines.prefect import PrefectApi
from portal.runs.models import Run
from portal.runs.services import claim_run, finish_run, run_now
from portal.runs.settle import settle_runs
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect
from tests.portal.publication_of import publish

pytestmark = pytest.mark.usefixtures("every_tenant")


def test_what_went_on_when_everything_was_stopped_is_over(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW)
    claim_run(connection=deployed, flow_run_id=run.flow_run_id, at=NOW)
    prefect.end_flow_run(str(run.flow_run_id), state="RUNNING")

    bury_dead_runs(api)

    settle_runs(api=api, at=timezone.now())
    run.refresh_from_db()
    assert run.status == Run.Status.CRASHED
    assert run.message == "It was stopped together with its worker."


def test_a_run_that_is_on_its_way_is_not_asked_for_again(
    deployed: Connection, api: PrefectApi
) -> None:
    run_now(connection=deployed, api=api, at=NOW)

    begin_first_runs([deployed])

    assert Run.objects.count() == 1


def test_a_connection_with_figures_needs_no_first_run(
    deployed: Connection, api: PrefectApi, settings: Settings, tmp_path: Path
) -> None:
    """Also where the run that brought them was killed before it could say so."""
    settings.LAKE = str(tmp_path)
    run = run_now(connection=deployed, api=api, at=NOW)
    publish(lake=tmp_path, tenant=deployed.tenant.code)
    finish_run(run=run, status="CRASHED", at=NOW)

    begin_first_runs([deployed])
    check_on_its_way(deployed)

    assert Run.objects.count() == 1


def test_a_connection_that_nothing_brings_figures_to_says_why(
    deployed: Connection, api: PrefectApi
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW)
    finish_run(run=run, status="FAILED", at=NOW, message="The till is closed.")

    with pytest.raises(CannotStart, match=r"brought no figures\. Failed: The till is closed\."):
        check_on_its_way(deployed)
