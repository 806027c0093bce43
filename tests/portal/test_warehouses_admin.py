"""Snowflake in the admin: who may do what there, what it asks first, and what it writes down."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from portal.access.services import issue_key
from portal.pipelines.foundations import PLATFORM_TAG
from portal.runs.models import Run
from portal.tenants.models import Tenant
from portal.warehouses.models import ON_REQUEST, Action, WarehouseAction
from portal.warehouses.services import Report, take_report
from tests.forms import Page, browse
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

LIST = "/admin/warehouses/warehouseaction/"
ACTIONS = sorted(action.value for action in ON_REQUEST)
SEEN: list[dict[str, Any]] = [
    {
        "name": "MERCURIOS_DEV_WH",
        "state": "STARTED",
        "size": "X-Small",
        "monitor": "MERCURIOS_DEV_MONITOR",
        "used": 3.25,
        "quota": 5.0,
    },
    {
        "name": "MERCURIOS_TASK_WH",
        "state": "SUSPENDED",
        "size": "X-Small",
        "monitor": None,
        "used": None,
        "quota": None,
    },
]

pytestmark = pytest.mark.usefixtures("every_tenant", "db")


@pytest.fixture(autouse=True)
def on_snowflake(settings: Settings) -> None:
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]


@pytest.fixture
def ready(prefect: FakePrefect) -> FakePrefect:
    prefect.deploy_platform("snowflake", "on-request", tag=PLATFORM_TAG)
    prefect.requests.clear()
    return prefect


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff_with(*permissions: str) -> Client:
    user = User.objects.create_user("stella", password="stella", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def confirm(client: Client, action: str) -> Page:
    return browse(client, f"{LIST}do/{action}/")


def sent_by(client: Client, action: str, **values: str) -> Any:
    return client.post(f"{LIST}do/{action}/", {"code": str(uuid4()), **values})


def audit() -> list[tuple[str, str, str]]:
    return list(WarehouseAction.objects.order_by("pk").values_list("action", "who", "outcome"))


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"suspend-warehouses"}))
def test_a_button_leads_to_a_question_and_the_answer_to_a_run(
    operator: Client, ready: FakePrefect, action: str
) -> None:
    title = Action(action).label
    question = browse(operator, LIST).follow(title)
    assert ready.requests == []

    answer = question.press(title)

    assert answer.path == LIST
    assert f"{title}: it starts as soon as a worker is free." in answer.words
    assert audit() == [(action, "olga", "REQUESTED")]
    [run] = ready.flow_runs.values()
    assert f"/runs/flow-run/{run['id']}" in answer.text


def test_to_suspend_one_says_who_is_affected_and_has_it_typed(
    operator: Client, ready: FakePrefect, deployed: Any, retailer: Tenant
) -> None:
    Tenant.objects.filter(pk=retailer.pk).update(engine="SNOWFLAKE")
    Run.objects.create(
        tenant=retailer,
        connection=deployed,
        flow_run_id=uuid4(),
        status="RUNNING",
        requested_at=NOW,
    )
    ready.deploy_platform("snowflake", "on-request", tag=PLATFORM_TAG)

    question = confirm(operator, "suspend-warehouses")
    wrong = question.press("Suspend all warehouses", typed="suspend")
    assert ready.flow_runs == {}
    answer = wrong.press("Suspend all warehouses", typed="SUSPEND")

    assert "1 retailer is on Snowflake, with 1 run in progress." in question.words
    assert "Type SUSPEND, in capital letters." in wrong.words
    assert "Suspend all warehouses: it starts" in answer.words
    assert len(ready.flow_runs) == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_happens_by_following_a_link(
    operator: Client, ready: FakePrefect, action: str
) -> None:
    answer = confirm(operator, action)

    assert answer.status == 200
    assert ready.requests == []
    assert audit() == []


@pytest.mark.parametrize("method", ["put", "delete", "patch", "head", "options"])
def test_only_a_form_that_is_sent_does_anything(
    olga: User, ready: FakePrefect, method: str
) -> None:
    answer = getattr(signed_in(olga), method)(f"{LIST}do/plan/")

    assert answer.status_code == 405
    assert audit() == []


def test_a_form_without_its_token_is_refused(operator: Client, ready: FakePrefect) -> None:
    answer = operator.post(f"{LIST}do/plan/", {"code": str(uuid4())})

    assert answer.status_code == 403
    assert ready.requests == []


def test_a_double_click_acts_once(operator: Client, ready: FakePrefect) -> None:
    question = confirm(operator, "plan")

    for _ in range(2):
        question.press("Plan")

    assert len(ready.flow_runs) == 1
    assert len(audit()) == 1


@pytest.mark.parametrize("code", ["", "nonsense"])
def test_a_form_without_its_code_is_to_be_opened_again(
    olga: User, ready: FakePrefect, code: str
) -> None:
    answer = sent_by(signed_in(olga), "plan", code=code)

    assert "Open the page again." in answer.content.decode()
    assert ready.requests == []


@pytest.mark.parametrize("action", ["drop-everything", "offboard", "rotate-key"])
def test_what_is_no_action_is_refused_and_written_down(
    olga: User, ready: FakePrefect, action: str
) -> None:
    answers = [
        confirm(signed_in(olga), action).status,
        sent_by(signed_in(olga), action).status_code,
    ]

    assert answers == [404, 404]
    assert ready.requests == []
    assert audit() == [(action, "olga", "REFUSED")]


@pytest.mark.parametrize("action", ACTIONS)
def test_staff_without_the_permission_sees_nothing_and_does_nothing(
    ready: FakePrefect, action: str
) -> None:
    stella = staff_with("view_tenant", "change_pipeline")

    answers = [
        browse(stella, LIST).status,
        confirm(stella, action).status,
        sent_by(stella, action, typed="SUSPEND").status_code,
    ]

    assert answers == [403, 403, 403]
    assert ready.requests == []
    assert audit() == [(action, "stella", "REFUSED")]
    assert "Snowflake" not in browse(stella, "/admin/").words


def test_staff_with_the_permission_alone_may_do_it(ready: FakePrefect) -> None:
    stella = staff_with("operate")

    answer = confirm(stella, "plan").press("Plan")

    assert answer.status == 200
    assert audit() == [("plan", "stella", "REQUESTED")]


def test_the_permission_is_for_staff_alone(charlie: User, ready: FakePrefect) -> None:
    charlie.user_permissions.set(Permission.objects.filter(codename="operate"))

    answer = sent_by(signed_in(charlie), "plan")

    assert answer.status_code == 302
    assert ready.requests == []
    assert audit() == [("plan", "charlie", "REFUSED")]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_member_of_a_tenant_is_asked_to_log_in_and_written_down(
    alice: User, ready: FakePrefect, action: str
) -> None:
    alices = signed_in(alice)

    answers = [alices.get(LIST), alices.get(f"{LIST}do/{action}/"), sent_by(alices, action)]

    assert {answer.status_code for answer in answers} == {302}
    assert all(answer["Location"].startswith("/admin/login/") for answer in answers)
    assert ready.requests == []
    assert audit() == [(action, "alice", "REFUSED")]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_stranger_is_asked_to_log_in(ready: FakePrefect, action: str) -> None:
    answers = [Client().get(LIST), sent_by(Client(), action)]

    assert {answer.status_code for answer in answers} == {302}
    assert ready.requests == []
    assert audit() == []


def test_the_key_of_a_tenant_opens_neither_door(
    client: Client, retailer: Tenant, ready: FakePrefect
) -> None:
    key = issue_key(tenant=retailer, name="mine", scopes=["read", "write"], at=NOW).secret
    headers = {"Authorization": f"Bearer {key}"}
    body = {"action": "plan", "has_failed": False, "text": ""}

    by_page = client.post(f"{LIST}do/plan/", {"code": str(uuid4())}, headers=headers)
    by_api = client.post(
        "/api/v1/platform/snowflake", body, content_type="application/json", headers=headers
    )

    assert (by_page.status_code, by_api.status_code) == (302, 403)
    assert ready.requests == []


def test_where_no_tenant_may_be_on_snowflake_there_is_nothing_to_see(
    operator: Client, olga: User, ready: FakePrefect, settings: Settings
) -> None:
    settings.ENGINES = ["DUCKDB"]

    answers = [
        browse(operator, LIST).status,
        confirm(operator, "plan").status,
        sent_by(signed_in(olga), "plan").status_code,
    ]

    assert answers == [403, 403, 403]
    assert audit() == [("plan", "olga", "REFUSED")]
    assert "Snowflake" not in browse(operator, "/admin/").words


def test_while_prefect_is_down_one_sentence_says_so(operator: Client, prefect: FakePrefect) -> None:
    question = confirm(operator, "plan")
    prefect.stop()

    answer = question.press("Plan")

    assert "Plan was not started. Prefect does not answer at" in answer.words
    assert audit() == [("plan", "olga", "NOT_STARTED")]


def test_the_page_shows_what_was_last_seen(operator: Client) -> None:
    take_report(
        Report("plan", "create the role <R>", differences=1, warehouses=SEEN), row=None, at=NOW
    )

    page = browse(operator, LIST)

    assert "1 difference Compared on 2026-11-21 05:15:00 UTC" in page.words
    assert "create the role <R>" in page.words
    assert re.search(
        r"MERCURIOS_DEV_WH Started X-Small MERCURIOS_DEV_MONITOR 3.25 of 5", page.words
    )
    assert "MERCURIOS_TASK_WH Suspended X-Small none not seen" in page.words


def test_a_problem_is_shown_until_it_is_gone(operator: Client) -> None:
    failed = Report("apply", "Snowflake does not answer.", has_failed=True)
    take_report(failed, row=None, at=NOW)
    troubled = browse(operator, LIST)

    take_report(Report("apply", "Nothing to do.", differences=0), row=None, at=NOW)

    assert "could not be compared. Snowflake does not answer." in troubled.words
    mended = browse(operator, LIST)
    assert "could not be compared" not in mended.words
    assert "As it should be" in mended.words


def test_before_anybody_has_looked_the_page_says_so(operator: Client) -> None:
    page = browse(operator, LIST)

    assert "Nobody has compared it yet." in page.words
    assert "http-equiv" not in page.text


def test_the_page_looks_again_while_something_goes_on(operator: Client, ready: FakePrefect) -> None:
    page = confirm(operator, "plan").press("Plan")

    assert '<meta http-equiv="refresh" content="5">' in page.text


def test_a_line_of_the_audit_can_be_read_and_not_changed(operator: Client) -> None:
    row = WarehouseAction.objects.create(
        action="apply", who="olga", at=NOW, outcome="FAILED", report="It\nfailed.", ended_at=NOW
    )

    page = browse(operator, f"{LIST}{row.pk}/change/")
    answers = [
        operator.get(f"{LIST}add/").status_code,
        operator.get(f"{LIST}{row.pk}/delete/").status_code,
    ]

    assert "It failed." in page.words
    assert page.soup.select("#content button[type=submit]") == []
    assert answers == [403, 403]
