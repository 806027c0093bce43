"""What the reconciler may touch, and what becomes of what Prefect or people do meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from portal.connections.models import Connection, Schedule
from portal.connections.services import create_connection, remove_connection
from portal.pipelines import services
from portal.pipelines.desired import installation_tag
from portal.pipelines.models import Pipeline
from portal.pipelines.plan import Act
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import apply, difference, pause, reconcile
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"

pytestmark = pytest.mark.usefixtures("every_tenant")


def copied(prefect: FakePrefect, **changes: Any) -> str:
    """A deployment like ours, apart from some fields."""
    id_ = str(uuid4())
    prefect.deployments[id_] = {**prefect.deployment(NAME), "id": id_, "name": "theirs", **changes}
    return id_


@pytest.mark.parametrize("tag", ["mercurios", "mercurios:0badcafe"])
@pytest.mark.usefixtures("deployed")
def test_deployments_of_another_installation_are_left_alone(
    api: PrefectApi, prefect: FakePrefect, tag: str
) -> None:
    theirs = copied(prefect, tags=[tag, "tenant:chiemsee-sport"])

    done = reconcile(api=api, at=NOW)

    assert done.is_empty
    assert theirs in prefect.deployments


@pytest.mark.usefixtures("deployed")
def test_deployments_of_another_flow_are_left_alone(api: PrefectApi, prefect: FakePrefect) -> None:
    theirs = copied(prefect, flow_id=api.flow_id("report"))

    done = reconcile(api=api, at=NOW)

    assert done.is_empty
    assert theirs in prefect.deployments


@pytest.mark.usefixtures("deployed")
def test_an_installation_is_known_by_the_key_that_it_keeps_for_ever(
    api: PrefectApi, prefect: FakePrefect, settings: Settings
) -> None:
    ours = installation_tag()
    settings.SECRET_KEY = "replaced"
    after_a_new_django_key = installation_tag()
    settings.PSEUDONYM_KEY = "another installation"

    found = difference(api=api)

    assert after_a_new_django_key == ours
    assert installation_tag() != ours
    assert Act.DELETE not in {change.act for change in found.changes}


def test_a_pipeline_that_goes_while_it_is_applied_does_not_stop_the_others(
    deployed: Connection, other_retailer: Tenant, prefect: FakePrefect
) -> None:
    hers = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    Pipeline.objects.create(connection=hers)
    Schedule.objects.filter(connection=deployed).update(cron="30 3 * * *")

    class Slow(PrefectApi):
        """While the first deployment is sent, somebody deletes its connection."""

        def create_deployment(self, body: dict[str, Any]) -> str:
            if body["name"] == NAME:
                remove_connection(connection=deployed)
            return super().create_deployment(body)

    reconcile(api=Slow(url=prefect.url), at=NOW)

    assert prefect.deployment("chiemsee-sport.tills")
    assert [pipeline.connection for pipeline in Pipeline.objects.all()] == [hers]


def test_a_problem_that_comes_up_while_a_plan_is_applied_stays(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    stale = difference(api=api)
    prefect.stop()
    pause(connection=deployed, api=api, at=NOW)
    prefect.start()

    apply(stale, api=PrefectApi(url=prefect.url), at=NOW)

    assert "Prefect does not answer" in Pipeline.objects.get().problem


def test_a_pipeline_that_is_wanted_while_a_plan_is_applied_keeps_its_problem(
    tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    stale = difference(api=api)
    Pipeline.objects.create(connection=tills, problem="Prefect does not answer.")

    apply(stale, api=api, at=NOW)

    assert Pipeline.objects.get().problem == "Prefect does not answer."


@pytest.mark.usefixtures("deployed")
def test_a_problem_is_over_when_prefect_agrees(api: PrefectApi) -> None:
    Pipeline.objects.update(problem="Prefect does not answer.")

    reconcile(api=api, at=NOW)

    assert Pipeline.objects.get().problem == ""


def test_deploying_answers_with_what_was_written_down(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    pipeline = services.deploy(connection=ready_tills, api=api, at=NOW)

    assert str(pipeline.deployment_id) == prefect.deployment(NAME)["id"]
    assert pipeline.applied_at == NOW
