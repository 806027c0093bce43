"""What a budget does before a run starts: in Prefect, to requests, to claims, and on the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as some
from pytest_django import Settings

from portal.access.services import issue_key
from portal.api.errors import HELD_BACK
from portal.connections.cron import checked_cron, first_of_the_day
from portal.connections.models import Connection
from portal.connections.services import set_schedule
from portal.costs.budgets import apply_budgets
from portal.lib.errors import Refused
from portal.pipelines.desired import Timing
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import difference, reconcile
from portal.pipelines.starts import next_starts, starts_after
from portal.runs.models import Run
from portal.runs.services import claim_run, finish_run, run_now
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.budget_cast import DAY, HOUR, NOW, bound, override, spend
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"
WHY = "No runs start: costs have reached 120 % of the budget of 100.00 EUR for November 2026."
WHO = "The operator can raise the budget, or let runs go on for a while."

pytestmark = pytest.mark.usefixtures("every_tenant")


def reach(tenant: Tenant, per_cent: int, api: PrefectApi | None = None) -> None:
    """Let a tenant with a budget have spent this share of it."""
    bound(tenant)
    spend(tenant, per_cent)
    apply_budgets(at=NOW, api=api)


def shown_by(client: Client, user: User, address: str) -> str:
    client.force_login(user)
    return " ".join(client.get(address).content.decode().split())


def broken(**asked: Any) -> Any:
    raise ArithmeticError("a figure that is none")


@pytest.fixture
def worker(client: Client) -> Any:
    """Asks for a claim as a flow run does."""
    secret = issue_key(tenant=None, name="worker", scopes=["flows"], at=NOW).secret

    def claim(connection: Connection, flow_run: str) -> Any:
        body = json.dumps({"connection": str(connection.code), "flow_run_id": flow_run})
        return client.post(
            "/api/v1/flow/runs",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )

    return claim


@time_machine.travel(NOW, tick=False)
def test_the_next_run_is_not_started_and_the_tenants_page_says_why(
    deployed: Connection,
    api: PrefectApi,
    prefect: FakePrefect,
    worker: Any,
    alice: User,
    bob: User,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.LAKE = str(tmp_path)
    waiting = run_now(connection=deployed, api=api, at=NOW)
    bound(deployed.tenant)
    spend(deployed.tenant, 130)

    # Nobody has looked at the budget since: the run itself finds out.
    claimed = worker(deployed, str(waiting.flow_run_id))
    with pytest.raises(Refused) as refused:
        run_now(connection=deployed, api=api, at=NOW)
    reconcile(api=api, at=NOW)

    waiting.refresh_from_db()
    problem = claimed.json()
    assert (claimed.status_code, problem["type"]) == (409, HELD_BACK)
    assert problem["detail"] == refused.value.message == f"{WHY} {WHO}"
    assert (waiting.status, waiting.message) == ("CANCELLED", f"{WHY} {WHO}")
    assert waiting.finished_at == NOW
    assert len(prefect.flow_runs) == 1
    assert prefect.deployment(NAME)["paused"] is True
    for member in (alice, bob):
        page = shown_by(Client(), member, "/t/alsterhaus-mode/")
        assert f"<strong>Held back by a budget.</strong> {WHY} {WHO}" in page


def test_another_tenant_runs_on(
    deployed: Connection,
    worker: Any,
    other_retailer: Tenant,
    charlie: User,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.LAKE = str(tmp_path)
    bound(other_retailer)
    reach(other_retailer, 130)

    claimed = worker(deployed, str(uuid4()))

    assert (claimed.status_code, claimed.json()["analytics"]) == (201, True)
    assert "Held back" in shown_by(Client(), charlie, "/t/chiemsee-sport/")


def test_a_claim_that_is_asked_for_twice_is_refused_twice(
    deployed: Connection, worker: Any
) -> None:
    reach(deployed.tenant, 130)
    flow_run = str(uuid4())

    answers = [worker(deployed, flow_run) for _ in range(2)]

    assert [answer.json()["type"] for answer in answers] == [HELD_BACK, HELD_BACK]
    assert Run.objects.get().status == "CANCELLED"


@time_machine.travel(NOW, tick=False)
def test_of_the_platforms_budget_the_step_counts_that_was_last_noted(
    deployed: Connection, worker: Any
) -> None:
    bound(None)
    spend(None, 130)

    before = worker(deployed, str(uuid4()))
    apply_budgets(at=NOW)
    after = worker(deployed, str(uuid4()))

    assert (before.status_code, after.status_code) == (201, 409)


@pytest.mark.parametrize(("per_cent", "status"), [(80, 201), (130, 409)])
def test_a_claim_goes_by_what_is_written_if_the_budget_cannot_be_looked_at(
    deployed: Connection,
    worker: Any,
    per_cent: int,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reach(deployed.tenant, per_cent)
    monkeypatch.setattr("portal.costs.standing.estimates", broken)

    answer = worker(deployed, str(uuid4()))

    assert answer.status_code == status
    assert "A run is claimed as its tenant was held back before" in caplog.text
    assert "a figure that is none" in caplog.text


def test_a_run_that_goes_on_is_not_stopped_and_keeps_its_fence(
    deployed: Connection, worker: Any
) -> None:
    going_on = claim_run(connection=deployed, flow_run_id=uuid4(), at=NOW)
    reach(deployed.tenant, 130)

    refused = worker(deployed, str(uuid4()))
    again = worker(deployed, str(going_on.run.flow_run_id))

    deployed.refresh_from_db()
    assert (refused.status_code, again.status_code) == (409, 201)
    assert Run.objects.get(pk=going_on.run.pk).status == "RUNNING"
    assert deployed.fence == going_on.fence + 1


def test_a_run_that_has_failed_stays_failed(deployed: Connection, worker: Any) -> None:
    run = claim_run(connection=deployed, flow_run_id=uuid4(), at=NOW).run
    finish_run(run=run, status="FAILED", at=NOW)
    reach(deployed.tenant, 130)

    answer = worker(deployed, str(run.flow_run_id))

    assert answer.json()["detail"] == "This run has ended already. Start a new one."
    assert Run.objects.get().status == "FAILED"


@pytest.mark.parametrize(("per_cent", "analytics"), [(95, True), (100, False), (119, False)])
def test_a_claim_says_whether_figures_are_renewed(
    deployed: Connection, worker: Any, per_cent: int, analytics: bool
) -> None:
    reach(deployed.tenant, per_cent)

    with time_machine.travel(NOW, tick=False):
        claimed = worker(deployed, str(uuid4()))

    assert (claimed.status_code, claimed.json()["analytics"]) == (201, analytics)


@time_machine.travel(NOW, tick=False)
def test_an_override_lets_the_next_run_start(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect, worker: Any
) -> None:
    reach(deployed.tenant, 130, api)
    paused = prefect.deployment(NAME)["paused"]

    override(deployed.tenant, NOW + DAY, api=api)

    assert (paused, prefect.deployment(NAME)["paused"]) == (True, False)
    assert worker(deployed, str(uuid4())).status_code == 201


@time_machine.travel(NOW, tick=False)
def test_an_override_that_ends_is_felt_by_the_next_run(deployed: Connection, worker: Any) -> None:
    reach(deployed.tenant, 130)
    override(deployed.tenant, NOW + HOUR)

    with time_machine.travel(NOW + HOUR, tick=False):
        assert worker(deployed, str(uuid4())).status_code == 409


# --- Deployments


def schedule_in(prefect: FakePrefect) -> Any:
    (schedule,) = prefect.deployment(NAME)["schedules"]
    return schedule["schedule"]


def test_from_the_second_step_on_runs_start_once_a_day(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    set_schedule(connection=deployed, kind="CRON", cron="*/15 8-18 * * 1-5")

    reach(deployed.tenant, 89, api)
    reconcile(api=api, at=NOW)
    warned = schedule_in(prefect)["cron"]
    reach(deployed.tenant, 90, api)

    assert (warned, schedule_in(prefect)["cron"]) == ("*/15 8-18 * * 1-5", "0 8 * * 1-5")
    assert schedule_in(prefect)["timezone"] == "Europe/Berlin"
    assert prefect.deployment(NAME)["paused"] is False
    assert deployed.schedule.cron == "*/15 8-18 * * 1-5"


def test_an_interval_becomes_a_day_and_a_longer_one_stays(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    found = []
    reach(deployed.tenant, 100)
    for minutes in (60, 3 * 24 * 60):
        set_schedule(connection=deployed, kind="INTERVAL", interval_minutes=minutes)
        reconcile(api=api, at=NOW)
        found.append(schedule_in(prefect)["interval"])

    assert found == [86_400, 3 * 86_400]


def test_a_prefect_that_is_away_is_told_by_the_reconciler(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()
    reach(deployed.tenant, 130, api)
    deployed.pipeline.refresh_from_db()
    problem = deployed.pipeline.problem
    prefect.start()

    reconcile(api=PrefectApi(url=prefect.url), at=NOW)

    assert problem != ""
    assert prefect.deployment(NAME)["paused"] is True
    assert difference(api=PrefectApi(url=prefect.url)).is_empty


def test_what_people_paused_stays_paused_when_the_budget_lets_go(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deployed.pipeline.wanted = "PAUSED"
    deployed.pipeline.save()
    reach(deployed.tenant, 130, api)

    override(deployed.tenant, NOW + DAY, api=api)

    assert prefect.deployment(NAME)["paused"] is True


def test_the_next_starts_are_those_that_will_be(deployed: Connection) -> None:
    set_schedule(connection=deployed, kind="CRON", cron="0 */6 * * *")
    starts = []
    for per_cent in (0, 90, 130):
        reach(deployed.tenant, per_cent)
        fresh = Connection.objects.select_related("schedule").get(pk=deployed.pk)
        starts.append(
            [f"{at:%d %H:%M}" for at in next_starts(connection=fresh, after=NOW, count=2)]
        )

    assert starts == [["20 18:00", "21 00:00"], ["21 00:00", "22 00:00"], []]


@pytest.mark.parametrize(
    ("cron", "first"),
    [
        ("15 2 * * *", "15 2 * * *"),
        ("* * * * *", "0 0 * * *"),
        ("*/20 * * * *", "0 0 * * *"),
        ("30 6,12,18 1 * *", "30 6 1 * *"),
        ("10-50/20 22-23 * jan-mar sun", "10 22 * jan-mar sun"),
    ],
)
def test_the_first_start_of_a_day_is_a_cron_expression(cron: str, first: str) -> None:
    assert first_of_the_day(checked_cron(cron)) == first


MINUTES = some.sampled_from(["*", "*/7", "0", "59", "5,35", "10-40/10"])
HOURS = some.sampled_from(["*", "*/5", "23", "8-18", "3,4"])


@settings_of(deadline=None)
@given(minutes=MINUTES, hours=HOURS, days=some.sampled_from(["* * *", "1,15 * *", "* * mon-fri"]))
def test_a_slowed_schedule_starts_where_the_day_would_have_begun(
    minutes: str, hours: str, days: str
) -> None:
    cron = f"{minutes} {hours} {days}"
    every = starts_after(Timing(cron=cron), NOW, count=400)
    slowed = starts_after(Timing(cron=first_of_the_day(cron)), NOW, count=2)

    last = max(every).date()
    first_of = {at.date(): at for at in reversed(every) if at.date() > NOW.date()}
    assert len({at.date() for at in slowed}) == 2
    assert all(first_of[at.date()] == at for at in slowed if NOW.date() < at.date() < last)


# --- The admin


def test_the_page_of_a_connection_says_why_it_does_not_start(
    deployed: Connection, operator: Client
) -> None:
    with time_machine.travel(NOW, tick=False):
        reach(deployed.tenant, 130)

    page = browse(operator, f"/admin/connections/connection/{deployed.pk}/change/")

    assert f"{WHY} {WHO}" in page.words
    assert "none while the tenant's runs are paused" in page.words


def test_the_setup_of_a_connection_says_why_it_starts_once_a_day_or_not_at_all(
    deployed: Connection, operator: Client
) -> None:
    set_schedule(connection=deployed, kind="CRON", cron="0 */6 * * *")
    shown = []
    with time_machine.travel(NOW, tick=False):
        for per_cent in (90, 130):
            reach(deployed.tenant, per_cent)
            shown.append(browse(operator, f"/admin/connections/connection/{deployed.pk}/setup/"))

    slowed, paused = (page.words for page in shown)
    assert "As saved, it starts next at Sat 21 Nov 00:00" in slowed
    assert "Runs start once a day at most: costs have reached 90 %" in slowed
    assert f"It starts when the tenant's runs are not paused any more. {WHY} {WHO}" in paused


def test_running_it_by_hand_is_refused_with_the_same_sentence(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    reach(deployed.tenant, 130)

    with pytest.raises(Refused, match="No runs start"):
        run_now(connection=deployed, api=api, at=NOW)

    assert prefect.flow_runs == {}
    assert not Run.objects.exists()


def test_a_run_that_was_asked_for_before_is_still_the_answer(
    deployed: Connection, api: PrefectApi
) -> None:
    run = run_now(connection=deployed, api=api, at=NOW, request_key="once")
    reach(deployed.tenant, 130)

    again = run_now(connection=deployed, api=api, at=NOW + timedelta(hours=1), request_key="once")

    assert again == run
