"""What operators' scripts see of a plan, of what Prefect refuses, and of a run that fails."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from portal.access.services import issue_key
from portal.alerts.models import Alert
from portal.alerts.services import raise_notice
from portal.cli import waiting
from portal.cli.management.commands.onboard import Command as Onboard
from portal.connections.models import Connection, Schedule
from portal.pipelines.foundations import PLATFORM_ENTRYPOINTS, PLATFORM_TAG
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"
PATH = "alsterhaus-mode/tills"
FAILED = {"connection": PATH, "status": "FAILED", "message": "Out of memory."}

pytestmark = pytest.mark.usefixtures("every_tenant")


def said(command: str, *words: str) -> tuple[Any, str]:
    """What it prints as JSON, and the sentence that it fails with."""
    out = StringIO()
    try:
        call_command(command, *words, "--json", stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue()), str(error)
    return json.loads(out.getvalue()), ""


@pytest.fixture
def refused(every_tenant: None, deployed: Connection) -> Connection:
    """A connection whose schedule Prefect does not understand."""
    Schedule.objects.filter(connection=deployed).update(cron="not a cron")
    return deployed


@pytest.mark.usefixtures("refused")
def test_apply_prints_what_prefect_refuses_and_fails() -> None:
    result, sentence = said("apply")

    assert len(result["refused"]) == 1
    assert result["refused"][0].startswith(f"{NAME}: Prefect refused POST")
    assert sentence == result["refused"][0]


@pytest.mark.usefixtures("deployed")
def test_apply_succeeds_if_nothing_is_refused() -> None:
    result, sentence = said("apply")

    assert (result["refused"], sentence) == ([], "")


@pytest.mark.usefixtures("refused")
def test_programs_learn_what_prefect_refuses(client: Client) -> None:
    key = issue_key(tenant=None, name="worker", scopes=["platform"], at=NOW).secret

    answer = client.post("/api/v1/platform/reconcile", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 200
    assert [each.split(":")[0] for each in answer.json()["refused"]] == [NAME]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("close_months", "Months of the ledger were not closed"),
        ("apply_budgets", "Budgets were not looked at"),
        ("raise_due_report", "Nobody was sent the daily report of costs"),
    ],
)
def test_what_is_wrong_with_costs_keeps_nothing_else_from_being_done(
    deployed: Connection,
    prefect: FakePrefect,
    client: Client,
    settings: Settings,
    step: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mailoutbox: list[Any],
) -> None:
    def broken(**asked: Any) -> None:
        raise ArithmeticError("a figure that is none")

    settings.ALERTS = ["mailto:ops@example.com"]
    raise_notice(kind=Alert.Kind.BUDGET, about="this", subject="This", text="x", at=NOW)
    Schedule.objects.filter(connection=deployed).update(cron="30 4 * * *")
    monkeypatch.setattr(f"portal.api.platform.{step}", broken)
    key = issue_key(tenant=None, name="worker", scopes=["platform"], at=NOW).secret

    answer = client.post("/api/v1/platform/reconcile", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 200
    assert [each["schedule"]["cron"] for each in prefect.deployment(NAME)["schedules"]] == [
        "30 4 * * *"
    ]
    assert [message.subject for message in mailoutbox] == ["This"]
    assert sentence in caplog.text
    assert "a figure that is none" in caplog.text


@pytest.mark.usefixtures("deployed")
def test_a_plan_names_the_platforms_deployments_that_are_missing(prefect: FakePrefect) -> None:
    for entrypoint in PLATFORM_ENTRYPOINTS[1:]:
        fields = {"name": entrypoint, "entrypoint": entrypoint, "tags": [PLATFORM_TAG]}
        prefect.deployments[entrypoint] = {"flow_id": "", **fields}

    result, sentence = said("plan")

    assert result["missing"] == [
        "The platform's deployment of flows/platform.py:reconcile is missing:"
        " run `prefect deploy --all`."
    ]
    assert (result["refused"], sentence) == ([], "")


def test_the_platforms_deployments_are_those_of_prefect_yaml() -> None:
    declared = yaml.safe_load((Path(configured.BASE_DIR) / "prefect.yaml").read_text())

    deployments = declared["deployments"]

    assert {each["entrypoint"] for each in deployments} == set(PLATFORM_ENTRYPOINTS)
    assert all(each["tags"] == [PLATFORM_TAG] for each in deployments)


@pytest.mark.usefixtures("deployed")
def test_a_run_that_fails_is_printed_and_fails_the_command(
    prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "SETTLE_EVERY", timedelta(0))
    prefect.ends_as = "FAILED"

    result, sentence = said("run", PATH, "--wait")

    assert result.items() >= FAILED.items()
    assert sentence == f"{PATH}: FAILED. Out of memory."


@pytest.mark.usefixtures("deployed")
def test_a_run_that_goes_on_does_not_fail_the_command() -> None:
    result, sentence = said("run", PATH)

    assert (result["status"], sentence) == ("SCHEDULED", "")


def test_onboarding_fails_with_its_run_and_not_without_one() -> None:
    command = Onboard()

    command.conclude({"connection": PATH, "problem": ""})
    with pytest.raises(CommandError, match="Out of memory"):
        command.conclude(FAILED)
