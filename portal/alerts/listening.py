"""Hearing of the ends of runs. A run ends as it ends, whatever becomes of its alerts."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.alerts.models import Alert
from portal.alerts.services import is_refusing, note_end, send_now
from portal.runs.models import Run

log = logging.getLogger(__name__)


def hear_of_run(sender: type[Run], instance: Run, **kwargs: Any) -> None:
    """The incident is written with the end of the run; its alerts are sent when both are certain.

    Sending is short: a channel that has refused something is left to the reconciler.
    """
    if instance.status not in Run.ENDED:
        return
    try:
        with transaction.atomic():  # its failure must not be the run's
            raised = note_end(run=instance, at=instance.finished_at or timezone.now())
    except DatabaseError:
        log.exception("The end of %s raised no alert; the reconciler makes up for it.", instance)
        return
    for alert in raised:
        transaction.on_commit(lambda alert=alert: _send(alert), robust=True)  # type: ignore[misc]  # mypy infers no type for a lambda's default


def _send(alert: Alert) -> None:
    if not is_refusing(alert.channel):
        send_now(alert, at=timezone.now())
