"""Prefect is made to agree with the portal, whatever happens to either of them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from portal.connections.models import Connection, Schedule
from portal.connections.services import remove_connection
from portal.pipelines.desired import installation_tag
from portal.pipelines.foundations import WATCH
from portal.pipelines.models import Pipeline
from portal.pipelines.onboarding import converge_tenant, retire
from portal.pipelines.plan import Act
from portal.pipelines.prefect import PrefectApi, PrefectRefused, PrefectUnavailable
from portal.pipelines.services import converge, difference, pause, reconcile, resume
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"

pytestmark = pytest.mark.usefixtures("every_tenant")


def wanted_by_hand(connection: Connection) -> Pipeline:
    """What the portal wants while Prefect has not been told."""
    return Pipeline.objects.create(connection=connection)


def test_a_wanted_deployment_is_created_with_everything_it_stands_on(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    pipeline = wanted_by_hand(ready_tills)

    done = reconcile(api=api, at=NOW)

    held = prefect.deployment(NAME)
    pipeline.refresh_from_db()
    assert [(change.act, change.name) for change in done.changes] == [(Act.CREATE, NAME)]
    assert len(done.foundations) == 2
    assert str(pipeline.deployment_id) == held["id"]
    assert held["parameters"] == {"connection": str(ready_tills.code)}
    assert held["tags"] == [installation_tag(), "tenant:alsterhaus-mode"]
    assert held["global_concurrency_limit"] == {"limit": 1}
    assert prefect.work_pools["mercurios"]["type"] == "process"
    assert [each["name"] for each in prefect.automations.values()] == [WATCH]


@pytest.mark.usefixtures("deployed")
def test_a_second_apply_sends_no_write(api: PrefectApi, prefect: FakePrefect) -> None:
    done = reconcile(api=api, at=NOW)

    assert done.is_empty
    assert prefect.writes == []


def test_a_plan_shows_and_does_nothing(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    wanted_by_hand(ready_tills)

    found = difference(api=api)

    assert not found.is_empty
    assert prefect.writes == []
    assert prefect.deployments == {}


def test_only_what_differs_is_sent(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    before = dict(prefect.deployment(NAME))
    Schedule.objects.filter(connection=deployed).update(cron="30 3 * * *")

    done = reconcile(api=api, at=NOW)

    (change,) = done.changes
    assert change.act is Act.CHANGE
    assert len(change.differences) == 1
    assert change.differences[0].startswith("timing: ")
    after = prefect.deployment(NAME)
    assert after["schedules"][0]["schedule"]["cron"] == "30 3 * * *"
    assert {key for key in after if after[key] != before[key]} == {"schedules"}
    assert prefect.writes == [("POST", "/deployments/")]


def test_pausing_and_resuming_reach_prefect(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    pause(connection=deployed, api=api, at=NOW)
    paused = prefect.deployment(NAME)["paused"]
    resume(connection=deployed, api=api, at=NOW)

    assert paused is True
    assert prefect.deployment(NAME)["paused"] is False


def test_an_orphan_is_deleted_and_what_is_not_ours_is_left_alone(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    foreign = {**prefect.deployment(NAME), "id": str(uuid4()), "name": "theirs", "tags": ["other"]}
    prefect.deployments[foreign["id"]] = foreign
    remove_connection(connection=deployed)

    done = reconcile(api=api, at=NOW)

    assert [(change.act, change.name) for change in done.changes] == [(Act.DELETE, NAME)]
    assert list(prefect.deployments) == [foreign["id"]]


def test_retiring_a_connection_removes_its_deployment_at_once(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    problem = retire(connection=deployed, api=api)

    assert problem == ""
    assert prefect.deployments == {}


def test_retiring_while_prefect_is_down_is_finished_later(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()
    problem = retire(connection=deployed, api=api)
    prefect.start()

    reconcile(api=PrefectApi(url=prefect.url), at=NOW)

    assert "Prefect does not answer" in problem
    assert prefect.deployments == {}


def test_an_edit_survives_an_outage_and_is_applied_by_the_next_reconcile(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()
    paused = pause(connection=deployed, api=api, at=NOW)
    prefect.start()

    reconcile(api=PrefectApi(url=prefect.url), at=NOW)

    assert "Prefect does not answer" in paused.problem
    assert prefect.deployment(NAME)["paused"] is True
    assert Pipeline.objects.get().problem == ""


def test_an_edit_that_undoes_a_failed_one_leaves_no_problem(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()
    pause(connection=deployed, api=api, at=NOW)
    prefect.start()

    resumed = resume(connection=deployed, api=PrefectApi(url=prefect.url), at=NOW)

    assert resumed.problem == ""


@pytest.mark.usefixtures("deployed")
def test_a_dead_prefect_stops_a_reconcile_with_a_sentence(
    api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()

    with pytest.raises(PrefectUnavailable, match="Start it, or correct PREFECT_API_URL"):
        reconcile(api=api, at=NOW)


def test_converging_a_connection_that_is_not_deployed_asks_nothing(
    tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    assert converge(connection=tills, api=api, at=NOW) is None
    assert prefect.requests == []


def test_a_tenant_that_moves_takes_its_schedules_along(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    Tenant.objects.update(time_zone="America/New_York")

    converge_tenant(tenant=Tenant.objects.get(), api=api, at=NOW)

    schedule = prefect.deployment(NAME)["schedules"][0]["schedule"]
    assert schedule["timezone"] == "America/New_York"


def test_a_thousand_unchanged_tenants_cost_at_most_eight_requests(
    db: None,
    api: PrefectApi,
    prefect: FakePrefect,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    tenants = Tenant.objects.bulk_create(
        Tenant(slug=f"retailer-{number}", name=f"Retailer {number}") for number in range(1000)
    )
    connections = Connection.objects.bulk_create(
        Connection(tenant=tenant, connector="prohandel", name="tills") for tenant in tenants
    )
    Schedule.objects.bulk_create(
        Schedule(connection=connection, kind="CRON", cron="15 2 * * *")
        for connection in connections
    )
    Pipeline.objects.bulk_create(Pipeline(connection=connection) for connection in connections)
    reconcile(api=api, at=NOW)
    prefect.requests.clear()

    with django_assert_max_num_queries(4):
        done = reconcile(api=api, at=NOW)

    assert done.is_empty
    assert len(prefect.deployments) == 1000
    assert len(prefect.requests) <= 8


def test_a_wrong_password_for_prefect_names_the_setting(
    deployed: Connection, prefect: FakePrefect
) -> None:
    prefect.password = "admin:right"
    wrong = PrefectApi(url=prefect.url, auth_string="admin:wrong")
    right = PrefectApi(url=prefect.url, auth_string="admin:right")

    with pytest.raises(PrefectRefused, match="Correct PREFECT_API_AUTH_STRING"):
        reconcile(api=wrong, at=NOW)
    assert reconcile(api=right, at=NOW).is_empty
