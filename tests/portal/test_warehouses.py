"""Asking for something to be done with Snowflake, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from flows.provision.on_request import ACTIONS
from portal.access.services import issue_key
from portal.lib.errors import Refused
from portal.pipelines.foundations import PLATFORM_TAG
from portal.pipelines.prefect import PrefectApi
from portal.tenants.models import Tenant
from portal.tenants.services import change_engine, create_tenant
from portal.warehouses.models import ON_REQUEST, AccountState, Action, WarehouseAction
from portal.warehouses.services import Wish, ask
from portal.warehouses.settle import PATIENCE, settle_actions
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

LATER = NOW + timedelta(minutes=3)
ADDRESS = "/api/v1/platform/snowflake"
SEEN = {
    "name": "MERCURIOS_DEV_WH",
    "state": "SUSPENDED",
    "size": "X-Small",
    "monitor": "MERCURIOS_DEV_MONITOR",
    "used": 3.25,
    "quota": 5.0,
    "suspend_seconds": 60.0,
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_snowflake(settings: Settings) -> None:
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]


@pytest.fixture
def ready(prefect: FakePrefect) -> FakePrefect:
    """A Prefect to which `prefect deploy --all` has brought the platform's own."""
    prefect.deploy_platform("snowflake", "on-request", "every-quarter-hour", tag=PLATFORM_TAG)
    return prefect


def wish(action: Action = Action.PLAN, **other: Any) -> Wish:
    return Wish(action=action.value, who="olga", **other)


def report(client: Client, *, row: WarehouseAction | None = None, **said: Any) -> Any:
    key = issue_key(tenant=None, name="worker", scopes=["platform"], at=NOW).secret
    body = {"action": "plan", "has_failed": False, "text": "Nothing to do for plan.", **said}
    if row is not None:
        body |= {"request": str(row.code), "action": row.action}
    headers = {"Authorization": f"Bearer {key}"}
    return client.post(ADDRESS, body, content_type="application/json", headers=headers)


def test_portal_and_flow_allow_the_same_actions() -> None:
    assert {action.value for action in ON_REQUEST} == set(ACTIONS)


def test_a_wish_becomes_one_flow_run_that_knows_it(ready: FakePrefect, api: PrefectApi) -> None:
    row = ask(wish(Action.SUSPEND), api=api, at=NOW)

    [run] = ready.flow_runs.values()
    assert (row.outcome, row.who, row.flow_run_id) == ("REQUESTED", "olga", UUID(run["id"]))
    assert run["parameters"] == {"action": "suspend-warehouses", "request": str(row.code)}
    assert ready.deployments[run["deployment_id"]]["name"] == "on-request"


def test_a_wish_that_is_sent_twice_is_done_once(ready: FakePrefect, api: PrefectApi) -> None:
    code = uuid4()

    rows = {ask(wish(code=code), api=api, at=NOW).pk for _ in range(2)}

    assert len(rows) == len(ready.flow_runs) == 1


def test_a_code_is_good_for_one_action_alone(ready: FakePrefect, api: PrefectApi) -> None:
    code = uuid4()
    ask(wish(code=code), api=api, at=NOW)

    with pytest.raises(Refused, match="used for something else"):
        ask(wish(Action.SUSPEND, code=code), api=api, at=NOW)

    assert len(ready.flow_runs) == 1


@pytest.mark.parametrize("action", ["drop-everything", "offboard", "rotate-key", ""])
def test_what_is_not_on_the_list_is_not_asked_for(
    ready: FakePrefect, api: PrefectApi, action: str
) -> None:
    with pytest.raises(Refused, match="There is no action"):
        ask(Wish(action=action, who="olga"), api=api, at=NOW)

    assert ready.requests == []


def test_without_prefect_the_line_says_that_nothing_started(
    prefect: FakePrefect, api: PrefectApi
) -> None:
    prefect.stop()

    row = ask(wish(), api=api, at=NOW)

    assert row.outcome == "NOT_STARTED"
    assert row.report.startswith("Prefect does not answer")


def test_without_the_deployment_the_line_says_how_to_bring_it(
    prefect: FakePrefect, api: PrefectApi
) -> None:
    row = ask(wish(), api=api, at=NOW)

    assert row.outcome == "NOT_STARTED"
    assert row.report == (
        "The platform's deployment of snowflake/on-request is missing: run `prefect deploy --all`."
    )


def test_a_report_ends_the_wish_and_shows_the_account(
    ready: FakePrefect, api: PrefectApi, client: Client
) -> None:
    row = ask(wish(), api=api, at=NOW)
    told = "create the role R\ncreate the schema S"

    answer = report(client, row=row, text=told, differences=2, warehouses=[SEEN])

    row.refresh_from_db()
    state = AccountState.objects.get()
    assert answer.status_code == 204
    assert (row.outcome, row.report) == ("COMPLETED", told)
    assert (state.differences, state.compared_text, state.warehouses) == (2, told, [SEEN])


def test_the_first_report_stands(ready: FakePrefect, api: PrefectApi, client: Client) -> None:
    row = ask(wish(), api=api, at=NOW)
    report(client, row=row, text="first")

    report(client, row=row, text="second", has_failed=True)

    row.refresh_from_db()
    assert (row.outcome, row.report) == ("COMPLETED", "first")


def test_a_run_that_started_although_prefects_answer_was_lost_is_believed(
    prefect: FakePrefect, api: PrefectApi, client: Client
) -> None:
    row = ask(wish(), api=api, at=NOW)  # not started, as far as anybody knows

    report(client, row=row)

    row.refresh_from_db()
    assert row.outcome == "COMPLETED"


def test_a_failed_comparison_is_a_problem_until_one_succeeds(client: Client) -> None:
    report(client, action="apply", differences=0, text="Nothing to do for apply.")
    report(client, action="apply", has_failed=True, text="Snowflake does not answer.")
    failed = AccountState.objects.get()

    report(client, action="suspend-warehouses", text="Nothing to do.")
    assert AccountState.objects.get().problem == "Snowflake does not answer."
    report(client, action="plan", differences=0)

    assert (failed.problem, failed.differences) == ("Snowflake does not answer.", 0)
    assert AccountState.objects.get().problem == ""


@pytest.mark.parametrize(
    "said",
    [
        {"action": "drop-everything"},
        {"action": "offboard"},
        {"differences": -1},
        {"warehouses": [{"name": "X"}]},
        {"warehouses": [SEEN | {"more": 1}]},
        {"text": "x" * 20_001},
        {"by": "me"},
    ],
)
def test_a_report_that_is_malformed_changes_nothing(client: Client, said: dict[str, Any]) -> None:
    assert report(client, **said).status_code == 400
    assert not AccountState.objects.exists()


def test_a_report_for_what_nobody_asked_for_is_not_taken(
    client: Client, ready: FakePrefect, api: PrefectApi
) -> None:
    row = ask(wish(Action.SUSPEND), api=api, at=NOW)

    answers = [
        report(client, request=str(uuid4())),
        report(client, request=str(row.code), action="plan"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert WarehouseAction.objects.get().outcome == "REQUESTED"


@pytest.mark.parametrize("state", ["FAILED", "CRASHED", "CANCELLED"])
def test_a_flow_run_that_died_without_a_word_is_settled(
    ready: FakePrefect, api: PrefectApi, state: str
) -> None:
    row = ask(wish(), api=api, at=NOW)
    ready.end_flow_run(str(row.flow_run_id), state=state, message="The run fell silent.")

    [settled] = settle_actions(api=api, at=LATER)

    assert (settled.outcome, settled.report) == ("FAILED", "The run fell silent.")


def test_a_flow_run_that_goes_on_is_left_alone(ready: FakePrefect, api: PrefectApi) -> None:
    ask(wish(), api=api, at=NOW)

    assert settle_actions(api=api, at=NOW + 2 * PATIENCE) == []


def test_a_flow_run_that_prefect_forgot_is_settled(ready: FakePrefect, api: PrefectApi) -> None:
    ask(wish(), api=api, at=NOW)
    ready.forget()

    [settled] = settle_actions(api=api, at=LATER)

    assert settled.report.startswith("Prefect no longer knows this run.")


def test_a_command_that_was_killed_is_given_up_after_hours(
    prefect: FakePrefect, api: PrefectApi
) -> None:
    WarehouseAction.objects.create(action="apply", who="olga, by manage.py", at=NOW)

    early = settle_actions(api=api, at=LATER)
    [settled] = settle_actions(api=api, at=NOW + PATIENCE + timedelta(seconds=1))

    assert early == []
    assert settled.report == "Nobody has said how it ended."


def test_the_reconciler_settles(ready: FakePrefect, api: PrefectApi, client: Client) -> None:
    row = ask(wish(), api=api, at=NOW)
    ready.end_flow_run(str(row.flow_run_id), state="CRASHED", message="Gone.")
    key = issue_key(tenant=None, name="worker", scopes=["platform"], at=NOW).secret

    client.post("/api/v1/platform/reconcile", headers={"Authorization": f"Bearer {key}"})

    row.refresh_from_db()
    assert (row.outcome, row.report) == ("FAILED", "Gone.")


def test_a_new_tenant_on_snowflake_is_provided_for_at_once(
    ready: FakePrefect, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        create_tenant(slug="alster-mode", name="Alster Mode", engine="SNOWFLAKE")

    [run] = ready.flow_runs.values()
    assert run["parameters"]["action"] == "apply"
    assert WarehouseAction.objects.get().who == "the portal, for alster-mode"


def test_a_tenant_that_moves_to_snowflake_is_provided_for(
    ready: FakePrefect,
    retailer: Tenant,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        change_engine(tenant=retailer, engine="SNOWFLAKE")
        retailer.name = "Alsterhaus"
        retailer.save(update_fields=["name"])

    assert len(ready.flow_runs) == 1


def test_a_tenant_elsewhere_asks_for_nothing(
    ready: FakePrefect, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        create_tenant(slug="alster-mode", name="Alster Mode", engine="DUCKDB")

    assert ready.requests == []
    assert not WarehouseAction.objects.exists()


def test_a_tenant_is_made_without_prefect_too(
    prefect: FakePrefect, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    prefect.stop()

    with django_capture_on_commit_callbacks(execute=True):
        create_tenant(slug="alster-mode", name="Alster Mode", engine="SNOWFLAKE")

    assert Tenant.objects.exists()
    assert WarehouseAction.objects.get().outcome == "NOT_STARTED"
