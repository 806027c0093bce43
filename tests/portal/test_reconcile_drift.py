"""What was changed in Prefect behind our back, or lost, or moved on meanwhile, is put right."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from portal.connections.models import Connection, Schedule
from portal.connections.services import remove_connection
from portal.pipelines.desired import installation_tag
from portal.pipelines.foundations import WATCH
from portal.pipelines.models import Pipeline
from portal.pipelines.plan import Act
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import apply, difference, pause, reconcile
from portal.runs.services import run_now
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"

pytestmark = pytest.mark.usefixtures("every_tenant")


def wanted_by_hand(connection: Connection) -> Pipeline:
    """What the portal wants while Prefect has not been told."""
    return Pipeline.objects.create(connection=connection)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paused", True),
        ("schedules", []),
        ("tags", [installation_tag(), "somebody-was-here"]),
        ("parameters", {"connection": "00000000-0000-0000-0000-000000000000"}),
        ("path", "/somewhere/else"),
        ("pull_steps", [{"prefect.deployments.steps.set_working_directory": {"directory": "/"}}]),
        ("work_queue_name", "slow"),
        ("enforce_parameter_schema", False),
        ("parameter_openapi_schema", {"type": "object", "properties": {}}),
        ("concurrency_options", {"collision_strategy": "ENQUEUE"}),
        ("entrypoint", "elsewhere.py:flow"),
        ("work_pool_name", "another"),
        ("job_variables", {}),
        ("global_concurrency_limit", None),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_drift_made_behind_our_back_is_repaired(
    api: PrefectApi, prefect: FakePrefect, field: str, value: Any
) -> None:
    before = prefect.deployment(NAME)[field]
    prefect.deployment(NAME)[field] = value

    done = reconcile(api=api, at=NOW)

    repaired = prefect.deployment(NAME)[field]
    assert [change.act for change in done.changes] == [Act.CHANGE]
    assert without_ids(repaired) == without_ids(before)


def without_ids(value: Any) -> Any:
    """Schedules get a new id whenever they are sent."""
    if isinstance(value, list):
        return [without_ids(each) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key != "id"}
    return value


@pytest.mark.usefixtures("deployed")
def test_a_parameter_that_was_added_in_prefect_is_taken_away(
    api: PrefectApi, prefect: FakePrefect
) -> None:
    before = dict(prefect.deployment(NAME)["parameters"])
    prefect.deployment(NAME)["parameters"] = {**before, "more": 1}

    done = reconcile(api=api, at=NOW)

    assert done.changes[0].differences == ["other_parameters: (('more', 1),) -> ()"]
    assert prefect.deployment(NAME)["parameters"] == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parameters", {"connection": "00000000-0000-0000-0000-000000000000"}),
        ("max_scheduled_runs", 1),
        ("slug", "another"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_a_schedule_that_starts_other_runs_is_replaced(
    api: PrefectApi, prefect: FakePrefect, field: str, value: Any
) -> None:
    prefect.deployment(NAME)["schedules"][0][field] = value

    done = reconcile(api=api, at=NOW)

    (schedule,) = prefect.deployment(NAME)["schedules"]
    assert [change.act for change in done.changes] == [Act.CHANGE]
    assert schedule.get(field) == {"slug": "main"}.get(field)


@pytest.mark.parametrize(
    ("anchor", "changes"),
    [("2024-01-01T00:00:00+00:00", 0), ("2024-01-01T01:00:00+01:00", 0), ("2024-01-01T09:00Z", 1)],
)
def test_an_interval_that_counts_from_elsewhere_is_set_right(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect, anchor: str, changes: int
) -> None:
    Schedule.objects.filter(connection=deployed).update(
        kind="INTERVAL", cron="", interval_minutes=60
    )
    reconcile(api=api, at=NOW)
    prefect.deployment(NAME)["schedules"][0]["schedule"]["anchor_date"] = anchor

    done = reconcile(api=api, at=NOW)

    assert len(done.changes) == changes


@pytest.mark.usefixtures("deployed")
def test_a_schedule_that_was_switched_off_in_prefect_is_switched_on_again(
    api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.deployment(NAME)["schedules"][0]["active"] = False

    reconcile(api=api, at=NOW)

    assert [each["active"] for each in prefect.deployment(NAME)["schedules"]] == [True]


@pytest.mark.usefixtures("deployed")
def test_a_copy_made_in_prefect_is_removed_and_the_right_one_stays_known(
    api: PrefectApi, prefect: FakePrefect
) -> None:
    copy = {**prefect.deployment(NAME), "id": str(uuid4()), "name": "zz-copy"}
    prefect.deployments[copy["id"]] = copy

    reconcile(api=api, at=NOW)

    assert list(prefect.deployments) == [str(Pipeline.objects.get().deployment_id)]


@pytest.mark.usefixtures("deployed")
def test_a_watch_that_was_removed_is_put_back(api: PrefectApi, prefect: FakePrefect) -> None:
    prefect.automations.clear()

    done = reconcile(api=api, at=NOW)

    assert done.foundations == [f"automation {WATCH!r}"]
    assert len(prefect.automations) == 1


def test_the_ids_are_fresh_after_prefect_lost_its_database(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    lost = Pipeline.objects.get().deployment_id
    prefect.forget()

    reconcile(api=api, at=NOW)

    found = Pipeline.objects.get().deployment_id
    assert str(found) == prefect.deployment(NAME)["id"]
    assert found != lost
    assert run_now(connection=deployed, api=api, at=NOW).flow_run_id is not None


@pytest.mark.usefixtures("deployed")
def test_an_id_that_the_portal_lost_is_read_from_prefect(
    api: PrefectApi, prefect: FakePrefect
) -> None:
    Pipeline.objects.update(deployment_id=None)

    reconcile(api=api, at=NOW)

    assert str(Pipeline.objects.get().deployment_id) == prefect.deployment(NAME)["id"]
    assert prefect.writes == []


def test_one_refused_deployment_does_not_hold_up_the_others(
    deployed: Connection, other_retailer: Tenant, api: PrefectApi, prefect: FakePrefect
) -> None:
    hers = Connection.objects.create(tenant=other_retailer, connector="prohandel", name="tills")
    Schedule.objects.create(connection=hers, kind="CRON", cron="15 2 * * *")
    wanted_by_hand(hers)
    Schedule.objects.filter(connection=deployed).update(cron="not a cron")

    done = reconcile(api=api, at=NOW)

    assert prefect.deployment("chiemsee-sport.tills")
    assert len(done.refused) == 1
    assert done.refused[0].startswith(NAME)
    troubled = Pipeline.objects.exclude(problem="")
    assert [pipeline.connection for pipeline in troubled] == [deployed]


def test_what_people_decide_while_a_plan_is_applied_wins(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.deployment(NAME)["tags"] = [installation_tag()]
    stale = difference(api=api)
    pause(connection=deployed, api=api, at=NOW)

    apply(stale, api=api, at=NOW)

    assert prefect.deployment(NAME)["paused"] is True


def test_a_connection_that_went_while_a_plan_is_applied_is_not_deployed(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    wanted_by_hand(ready_tills)
    stale = difference(api=api)
    remove_connection(connection=ready_tills)

    apply(stale, api=api, at=NOW)

    assert prefect.deployments == {}


def test_a_deployment_that_is_gone_already_does_not_stop_its_deletion(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    remove_connection(connection=deployed)
    stale = difference(api=api)
    prefect.deployments.clear()

    apply(stale, api=api, at=NOW)

    assert prefect.deployments == {}
