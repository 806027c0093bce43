"""What an alert says. It leaves the platform: no credential and nobody's data may be in it."""

from __future__ import annotations

import re

from django.conf import settings
from django.urls import reverse

from portal.alerts.models import Alert
from portal.runs.models import Run

MOST_CHARACTERS = 300
# Prefect repeats the text of an exception, and that may quote what it was about.
OF_AN_EXCEPTION = re.compile(r"^Flow run encountered an exception|Traceback")
# Addresses of people, and whatever is as long and as mixed as a key or a token.
SUSPICIOUS = re.compile(r"\S+@\S+|[A-Za-z0-9+/_=.-]{24,}")

WHO = {
    Run.Actor.TENANT: "the tenant",
    Run.Actor.OPERATOR: "the operator",
    Run.Actor.NOBODY: "nobody yet",
}
HAPPENED = {
    Run.Status.FAILED: "failed",
    Run.Status.PARTIAL: "completed in part",
    Run.Status.CRASHED: "crashed",
    Run.Status.COMPLETED: "completed",
}


def subject(run: Run, kind: str) -> str:
    """Of ASCII characters, and short enough for every channel."""
    what = "has recovered" if kind == Alert.Kind.RECOVERED else HAPPENED[Run.Status(run.status)]
    return f"Mercurios: {run.connection} {what}"[:100]


def text(run: Run) -> str:
    happened = (
        f"the run of {run.requested_at:%Y-%m-%d %H:%M} UTC {HAPPENED[Run.Status(run.status)]}"
    )
    said = harmless(run.message)
    lines = [
        f"Tenant: {run.tenant.slug}",
        f"Connection: {run.connection}",
        f"What happened: {happened}{': ' + said if said else '.'}",
    ]
    if run.status != Run.Status.COMPLETED:
        lines.append(f"Who must act: {WHO[Run.Actor(run.actor)]}")
    return "\n".join([*lines, f"Run: {link(run)}", ""])


def link(run: Run) -> str:
    return f"{settings.PUBLIC_URL}{reverse('admin:runs_run_change', args=[run.pk])}"


def harmless(message: str) -> str:
    """A run's sentence, on one line and without anything that might be a secret or a person's."""
    if OF_AN_EXCEPTION.search(message):
        return "an error that nobody expected; the log of the run in Prefect has it."
    words = SUSPICIOUS.sub("…", " ".join(message.split()))
    return words if len(words) <= MOST_CHARACTERS else words[:MOST_CHARACTERS] + "…"
