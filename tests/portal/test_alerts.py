"""Alerts: one for each incident, sent after the run has ended, and until they are taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from portal.alerts.channels import check_channels
from portal.alerts.models import Alert, Incident
from portal.alerts.services import catch_up, send_due
from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.runs.models import Run
from portal.runs.services import claim_run, finish_run
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.conftest import NOW

OPS = "mailto:ops@example.com"
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("every_tenant", "mailed")

End = Callable[..., Run]


@pytest.fixture
def mailed(settings: Settings) -> None:
    settings.ALERTS = [OPS]


@pytest.fixture
def end(
    tills: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> End:
    """Let a run of the tills, or of another connection, end, and all about it be certain."""

    def ended(status: str, *, of: Connection = tills, run: Run | None = None, **said: Any) -> Run:
        count = Run.objects.count()
        run = run or claim_run(connection=of, flow_run_id=uuid4(), at=NOW + count * HOUR).run
        at = run.requested_at + timedelta(minutes=3)
        with django_capture_on_commit_callbacks(execute=True):
            return finish_run(run=run, status=status, at=at, **said)

    return ended


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


@pytest.mark.parametrize(
    ("status", "happened"),
    [("FAILED", "failed"), ("PARTIAL", "completed in part"), ("CRASHED", "crashed")],
)
def test_a_run_that_does_not_end_well_is_told(end: End, status: str, happened: str) -> None:
    end(status)

    assert subjects() == [f"Mercurios: alsterhaus-mode/tills {happened}"]
    assert mail.outbox[0].to == ["ops@example.com"]


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_a_run_that_ends_well_is_not(end: End, status: str) -> None:
    end(status)

    assert subjects() == []


def test_an_alert_says_what_happened_who_must_act_and_where_to_look(
    end: End, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://retail.example.com"

    run = end("FAILED", message="ProHandel rejected the API key.", actor="TENANT")

    assert mail.outbox[0].body.splitlines() == [
        "Tenant: alsterhaus-mode",
        "Connection: alsterhaus-mode/tills",
        "What happened: the run of 2026-11-21 05:15 UTC failed: ProHandel rejected the API key.",
        "Who must act: the tenant",
        f"Run: https://retail.example.com/admin/runs/run/{run.pk}/change/",
    ]


@pytest.mark.parametrize(
    "message",
    [
        "Flow run encountered an exception: KeyError: 'CANARY'",
        "The login CANARY@example.com is locked.",
        "The key CANARYCANARYCANARYCANARYCANARY is not known.",
    ],
)
def test_what_may_be_a_secret_or_a_persons_is_left_out(end: End, message: str) -> None:
    end("FAILED", message=message)

    assert "CANARY" not in str(mail.outbox[0].message())


def test_a_long_message_is_cut_and_on_one_line(end: End) -> None:
    end("FAILED", message="It failed.\nSee below.\n" + "and so on " * 100)

    happened = mail.outbox[0].body.splitlines()[2]
    assert "It failed. See below." in happened
    assert len(happened) < 400


def test_the_same_trouble_is_told_once(end: End) -> None:
    end("FAILED")
    end("CRASHED")
    end("PARTIAL")

    assert len(subjects()) == 1
    assert Incident.objects.count() == 1


def test_what_recovers_is_told_and_what_fails_again_is_another_incident(end: End) -> None:
    for status in ("FAILED", "COMPLETED", "COMPLETED", "FAILED"):
        end(status)

    tills = "Mercurios: alsterhaus-mode/tills"
    assert subjects() == [f"{tills} failed", f"{tills} has recovered", f"{tills} failed"]
    assert [each.closed_at is None for each in Incident.objects.order_by("pk")] == [False, True]


def test_a_cancelled_run_neither_opens_nor_closes(end: End) -> None:
    end("FAILED")
    end("CANCELLED")

    assert Incident.objects.get().closed_at is None


def test_each_connection_has_its_own_incident(end: End, other_retailer: Tenant) -> None:
    hers = create_connection(tenant=other_retailer, connector="prohandel", name="shop")
    end("FAILED")
    end("FAILED", of=hers)
    end("COMPLETED", of=hers)

    assert len(subjects()) == 3
    assert Incident.objects.get(closed_at=None).connection.name == "tills"


def test_a_crash_that_turns_out_to_have_committed_is_over(end: End) -> None:
    run = end("CRASHED")

    end("COMPLETED", run=run)

    assert subjects()[1:] == ["Mercurios: alsterhaus-mode/tills has recovered"]


def test_a_dead_run_that_is_found_after_a_later_one_completed_is_no_incident(
    end: End, tills: Connection
) -> None:
    dead = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run
    end("COMPLETED")

    end("CRASHED", run=dead)

    assert subjects() == []


def test_a_run_from_before_the_incident_does_not_close_it(end: End, tills: Connection) -> None:
    slow = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run
    end("FAILED")

    end("COMPLETED", run=slow)

    assert Incident.objects.get().closed_at is None


def test_what_is_rolled_back_is_not_told(
    tills: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run

    with django_capture_on_commit_callbacks() as waiting:
        finish_run(run=run, status="FAILED", at=NOW)

    assert len(waiting) == 1
    assert subjects() == []


def test_every_channel_is_told(end: End, settings: Settings, caplog: Any) -> None:
    settings.ALERTS = ["log:", OPS, "mailto:oncall@example.com", OPS]

    end("FAILED")

    assert [message.to for message in mail.outbox] == [["ops@example.com"], ["oncall@example.com"]]
    assert "Mercurios: alsterhaus-mode/tills failed" in caplog.text
    assert Alert.objects.filter(sent_at=None).count() == 0


def test_a_run_ends_although_its_alert_is_not_taken(end: End, settings: Settings) -> None:
    broken(settings)

    run = end("FAILED")

    alert = Alert.objects.get()
    assert Run.objects.get(pk=run.pk).status == "FAILED"
    assert (alert.sent_at, alert.attempts) == (None, 1)
    assert alert.problem.startswith("The mail server did not take the alert")


def test_what_was_not_taken_is_sent_later(end: End, settings: Settings) -> None:
    broken(settings)
    with time_machine.travel(NOW, tick=False):
        end("FAILED")
    mended(settings)

    sent = [len(send_due(at=NOW + minutes * timedelta(minutes=1))) for minutes in (3, 9, 14)]

    assert sent == [0, 1, 0]
    assert Alert.objects.get().problem == ""


def test_a_channel_that_goes_on_refusing_is_asked_less_and_less_often(
    end: End, settings: Settings
) -> None:
    broken(settings)
    with time_machine.travel(NOW, tick=False):
        end("FAILED")

    for minutes in range(0, 24 * 60, 5):
        send_due(at=NOW + timedelta(minutes=minutes))

    assert 20 < Alert.objects.get().attempts < 35


def test_a_channel_that_refuses_is_not_asked_by_the_next_run(
    end: End, settings: Settings, other_retailer: Tenant
) -> None:
    hers = create_connection(tenant=other_retailer, connector="prohandel", name="shop")
    broken(settings)

    end("FAILED")
    end("FAILED", of=hers)

    assert [alert.attempts for alert in Alert.objects.order_by("pk")] == [1, 0]


def test_what_waits_for_a_channel_that_is_gone_stays_unsent(end: End, settings: Settings) -> None:
    broken(settings)
    with time_machine.travel(NOW, tick=False):
        end("FAILED")
    mended(settings)
    settings.ALERTS = ["log:"]

    assert send_due(at=NOW + HOUR) == []
    assert Alert.objects.get().sent_at is None


def test_an_alert_that_cannot_be_written_down_does_not_break_the_run(end: End, caplog: Any) -> None:
    with connection.execute_wrapper(no_incidents):
        run = end("FAILED")

    assert Run.objects.get(pk=run.pk).status == "FAILED"
    assert "raised no alert" in caplog.text
    assert not Incident.objects.exists()


def test_what_was_missed_is_found_by_the_reconciler(end: End) -> None:
    with connection.execute_wrapper(no_incidents):
        end("FAILED")

    catch_up(at=NOW + HOUR)
    catch_up(at=NOW + HOUR)
    send_due(at=NOW + HOUR)

    assert subjects() == ["Mercurios: alsterhaus-mode/tills failed"]


def test_a_recovery_that_was_missed_is_found_as_well(end: End) -> None:
    end("FAILED")
    with connection.execute_wrapper(no_incidents):
        end("COMPLETED")

    catch_up(at=NOW + 2 * HOUR)
    send_due(at=NOW + 2 * HOUR)

    assert subjects()[1:] == ["Mercurios: alsterhaus-mode/tills has recovered"]


def test_a_connection_that_goes_takes_its_alerts_with_it(end: End, tills: Connection) -> None:
    end("FAILED")

    tills.delete()

    assert not Alert.objects.exists()


def test_the_admin_shows_what_was_not_taken(end: End, settings: Settings, operator: Any) -> None:
    broken(settings)
    end("FAILED")

    page = browse(operator, "/admin/alerts/alert/")
    detail = page.follow("2026-11-21 05:18:00")

    assert "The mail server did not take the alert" in page.words
    assert "Who must act: nobody yet" in detail.words


@pytest.mark.parametrize(
    "channel",
    ["", "log", "mailto:", "mailto:ops", "sns:topic", "sns:arn:aws:sqs:eu:1:q", "https://x"],
)
def test_a_channel_that_is_none_is_refused_at_the_start(channel: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MERCURIOS_ALERTS has"):
        check_channels(["log:", channel])


def broken(settings: Settings) -> None:
    """A mail server that does not answer."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def mended(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def no_incidents(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """A database that does everything but touch one table."""
    if "alerts_incident" in sql:
        raise DatabaseError("disk full")
    return execute(sql, params, many, context)
