"""The buttons and bulk actions of connections in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.connections.models import Connection, Credentials
from portal.connections.services import create_connection
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy
from portal.runs.models import Run
from tests.forms import Page, browse
from tests.portal.conftest import NOW, SURE
from tests.portal.fake_prefect import FakePrefect

LIST = "/admin/connections/connection/"

pytestmark = pytest.mark.usefixtures("every_tenant")


def page_of(client: Client, connection: Connection, step: str = "change") -> Page:
    return browse(client, f"{LIST}{connection.pk}/{step}/")


def in_bulk(client: Client, action: str, *connections: Connection) -> Page:
    chosen = [str(connection.pk) for connection in connections]
    return browse(client, LIST).submit("Run", {"action": action, "_selected_action": chosen})


def test_the_buttons_pause_resume_and_redeploy(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    page = page_of(operator, ready_tills)

    paused = page.press("Pause")
    was_paused = prefect.deployment("alsterhaus-mode.tills")["paused"]
    resumed = paused.press("Resume")
    prefect.deployments.clear()
    redeployed = resumed.press("Redeploy")

    assert was_paused is True
    assert "alsterhaus-mode/tills is paused." in paused.words
    assert "alsterhaus-mode/tills is resumed." in resumed.words
    assert "alsterhaus-mode/tills is deployed." in redeployed.words
    assert prefect.deployment("alsterhaus-mode.tills")["paused"] is False


def test_a_run_is_not_started_while_prefect_is_down(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.stop()

    answer = page_of(operator, ready_tills).press("Run now")

    assert "was not started: Prefect does not answer" in answer.words
    assert not Run.objects.exists()


def test_a_run_of_a_deployment_that_prefect_lost_says_to_redeploy(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.forget()

    answer = page_of(operator, ready_tills).press("Run now")

    assert "Prefect no longer knows alsterhaus-mode/tills. Redeploy it" in answer.words


@pytest.mark.parametrize("step", ["run", "pause", "resume", "redeploy", "test", "deletes"])
def test_nothing_changes_by_following_a_link(
    operator: Client, ready_tills: Connection, prefect: FakePrefect, step: str
) -> None:
    answer = page_of(operator, ready_tills, step)

    assert answer.status == 405
    assert prefect.requests == []


@pytest.mark.parametrize("step", ["run", "pause", "resume", "redeploy", "test", "setup"])
def test_a_change_without_a_csrf_token_is_refused(
    operator: Client, ready_tills: Connection, prefect: FakePrefect, step: str
) -> None:
    answer = operator.post(f"{LIST}{ready_tills.pk}/{step}/", {"streams": ["sale"]})

    assert answer.status_code == 403
    assert prefect.requests == []


def test_a_bulk_action_reports_for_each_connection(
    operator: Client, ready_tills: Connection, api: PrefectApi
) -> None:
    new = create_connection(tenant=ready_tills.tenant, connector="prohandel", name="online")
    deploy(connection=ready_tills, api=api, at=NOW)

    answer = in_bulk(operator, "run_now", ready_tills, new)

    assert "alsterhaus-mode/tills runs as soon as a worker is free." in answer.words
    assert "alsterhaus-mode/online is not deployed yet. Deploy it first." in answer.words
    assert Run.objects.get().connection == ready_tills


def test_a_bulk_action_asks_a_dead_prefect_once(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.stop()

    answer = in_bulk(operator, "pause", ready_tills)

    assert "alsterhaus-mode/tills is paused in the portal only." in answer.words
    assert Pipeline.objects.get().wanted == "PAUSED"


def test_deleting_a_connection_removes_its_secrets_and_its_deployment(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)

    page_of(operator, ready_tills, "delete").press(SURE)

    assert not Connection.objects.exists()
    assert not Credentials.objects.exists()
    assert prefect.deployments == {}


def test_deleting_in_bulk_goes_the_same_way(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)

    in_bulk(operator, "delete_selected", ready_tills).press(SURE)

    assert not Connection.objects.exists()
    assert prefect.deployments == {}


def test_deleting_while_prefect_is_down_promises_the_rest(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.stop()

    answer = page_of(operator, ready_tills, "delete").press(SURE)

    assert "The deployment will be removed as soon as Prefect answers." in answer.words
    assert not Connection.objects.exists()
