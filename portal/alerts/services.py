"""Opening and closing incidents, and bringing alerts to the channels."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django_scopes import scopes_disabled

from portal.alerts import channels, wording
from portal.alerts.models import Alert, Incident
from portal.lib.errors import Refused
from portal.runs.models import Run
from portal.runs.selectors import BAD_ENDS, failing_connections, with_latest_run

if TYPE_CHECKING:
    from django.db.models import QuerySet

from portal.connections.models import Connection
from portal.tenants.models import Tenant

log = logging.getLogger(__name__)

# The platform asks every five minutes; a channel that goes on refusing is asked once an hour.
FIRST_PAUSE = timedelta(minutes=4)
LONGEST_PAUSE = timedelta(hours=1)


def note_end(*, run: Run, at: datetime) -> list[Alert]:
    """Open an incident, or close the open one, as the end of a run demands; gives its alerts.

    A cancelled run says nothing about its connection, and neither does one that a later run has
    overtaken.
    """
    with scopes_disabled():  # the run is named in the call
        if run.status in BAD_ENDS:
            return _open(run, at=at)
        if run.status == Run.Status.COMPLETED:
            return _close(run, at=at)
    return []


def raise_notice(
    *,
    kind: Alert.Kind,
    about: str,
    subject: str,
    text: str,
    at: datetime,
    tenant: Tenant | None = None,
) -> list[Alert]:
    """Tell every channel something that is no incident. It is sent by the next `send_due`.

    :param about: names what it is about; what was told under this name is not told again
    :param subject: of ASCII characters; cut after a hundred of them
    :param tenant: whom it is about, if it is not the platform
    """
    with scopes_disabled():  # the tenant is named in the call
        found = [
            Alert.objects.get_or_create(
                about=about,
                channel=channel,
                incident=None,
                defaults={
                    "tenant": tenant,
                    "kind": kind,
                    "subject": subject[:100],
                    "text": text,
                    "raised_at": at,
                    "due_at": at,
                },
            )
            for channel in dict.fromkeys(settings.ALERTS)
        ]
    return [alert for alert, is_new in found if is_new]


def is_noticed(about: str) -> bool:
    """Whether something has been told under this name."""
    with scopes_disabled():  # what it is about is named in the call
        return Alert.objects.filter(about=about).exists()


def send_due(*, at: datetime) -> list[Alert]:
    """Send what waits, oldest first. After its first refusal a channel is left alone this time."""
    with scopes_disabled():  # alerts are the platform's to send, whatever the tenant
        sent, refusing = [], set[str]()
        for alert in _waiting().filter(due_at__lte=at).order_by("pk"):
            if alert.channel in refusing:
                continue
            if send_now(alert, at=at):
                sent.append(alert)
            elif alert.problem:
                refusing.add(alert.channel)
    return sent


def send_now(alert: Alert, *, at: datetime) -> bool:
    """Whether this call has sent it. Nobody else tries while it does."""
    pause = min(FIRST_PAUSE * 2 ** min(alert.attempts, 10), LONGEST_PAUSE)
    with scopes_disabled():  # the alert is named in the call
        row = Alert.objects.filter(pk=alert.pk, sent_at=None, attempts=alert.attempts)
        if not row.update(attempts=F("attempts") + 1, due_at=at + pause):
            return False
        try:
            channels.send(alert)
        except Refused as refused:
            return _note_problem(alert, refused.message)
        except Exception as error:  # one channel's surprise must not keep others from being told
            log.exception("Alert %s was not sent.", alert.pk)
            return _note_problem(alert, f"It could not be sent ({type(error).__name__}).")
        Alert.objects.filter(pk=alert.pk).update(sent_at=at, problem="")
    return True


def _note_problem(alert: Alert, problem: str) -> bool:
    alert.problem = problem
    Alert.objects.filter(pk=alert.pk).update(problem=problem)
    return False


def is_refusing(channel: str) -> bool:
    """Whether something waits for a channel already, because it did not take it."""
    with scopes_disabled():  # channels are the platform's
        return _waiting().filter(channel=channel).exclude(problem="").exists()


def catch_up(*, at: datetime) -> list[Alert]:
    """What was missed, as when the database did not take an incident beside the end of a run."""
    with scopes_disabled():  # the reconciler works for every tenant
        missed = failing_connections().exclude(incidents__closed_at=None, incidents__isnull=False)
        over = with_latest_run(Connection.objects.filter(incidents__closed_at=None)).filter(
            incidents__isnull=False, latest_run_status=Run.Status.COMPLETED
        )
        latest = {each.latest_run_id for each in [*missed, *over]}
        runs = Run.objects.filter(pk__in=latest).select_related("tenant", "connection__tenant")
        return [alert for run in runs for alert in note_end(run=run, at=at)]


def _open(run: Run, *, at: datetime) -> list[Alert]:
    later = Run.objects.filter(connection=run.connection, requested_at__gt=run.requested_at)
    if later.filter(status=Run.Status.COMPLETED).exists():
        return []
    if _open_incidents(run).exists():
        return []
    try:
        with transaction.atomic():
            incident = Incident.objects.create(connection=run.connection, run=run, opened_at=at)
    except IntegrityError:  # another run of it ended at the same moment
        return []
    return _raise_alerts(incident, run, Alert.Kind.RAISED, at=at)


def _close(run: Run, *, at: datetime) -> list[Alert]:
    incident = _open_incidents(run).filter(run__requested_at__lte=run.requested_at).first()
    if incident is None:
        return []
    if not Incident.objects.filter(pk=incident.pk, closed_at=None).update(closed_at=at):
        return []
    return _raise_alerts(incident, run, Alert.Kind.RECOVERED, at=at)


def _raise_alerts(incident: Incident, run: Run, kind: Alert.Kind, *, at: datetime) -> list[Alert]:
    subject, text = wording.subject(run, kind), wording.text(run)
    return [
        Alert.objects.create(
            tenant=run.tenant,
            incident=incident,
            kind=kind,
            channel=channel,
            subject=subject,
            text=text,
            raised_at=at,
            due_at=at,
        )
        for channel in dict.fromkeys(settings.ALERTS)
    ]


def _open_incidents(run: Run) -> QuerySet[Incident]:
    return Incident.objects.filter(connection=run.connection, closed_at=None)


def _waiting() -> QuerySet[Alert]:
    """What is for a channel that still is in the settings and has not been sent."""
    found = Alert.objects.filter(sent_at=None, channel__in=settings.ALERTS)
    return found.select_related("tenant", "incident__connection__tenant")
