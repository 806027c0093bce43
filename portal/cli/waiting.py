"""Watching a run from a terminal until it has ended."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from portal.pipelines.prefect import PrefectApi
from portal.runs.models import Run
from portal.runs.settle import settle_runs

POLL_SECONDS = 1.0
# Prefect is asked now and then: a run that died cannot tell the portal.
SETTLE_EVERY = timedelta(seconds=10)


def wait_for(run: Run, *, api: PrefectApi, console: Console) -> Run:
    """Show what a run does until it has ended."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    settled_at = timezone.now()
    with Progress(*columns, console=console, transient=True) as progress:
        shown = progress.add_task(str(run.connection), total=None)
        while run.status not in Run.ENDED:
            time.sleep(POLL_SECONDS)
            if timezone.now() - settled_at > SETTLE_EVERY:
                settled_at = timezone.now()
                settle_runs(api=api, at=settled_at)
            run.refresh_from_db()
            landed = run.streams.count()
            progress.update(
                shown,
                description=f"{run.connection}: {run.get_status_display()}, {landed} of"
                f" {len(run.connection.streams)} streams",
            )
    return run


def as_json(run: Run) -> dict[str, Any]:
    return {
        "run": str(run.code),
        "connection": str(run.connection),
        "status": run.status,
        "message": run.message,
        "publication": run.publication or None,
        "streams": {
            each.stream: {
                "extracted": each.extracted,
                "new": each.new,
                "changed": each.changed,
                "unchanged": each.unchanged,
                "rejected": each.rejected,
                "deleted": each.deleted,
            }
            for each in run.streams.order_by("stream")
        },
    }


def has_failed(result: dict[str, Any]) -> bool:
    """
    :param result: from `as_json`; one without a run has not failed
    """
    return result.get("status") in Run.ENDED - {Run.Status.COMPLETED}


def check_completed(result: dict[str, Any]) -> None:
    """:raises CommandError: so that a script notices a run that did not complete"""
    if has_failed(result):
        raise CommandError(f"{result['connection']}: {result['status']}. {result['message']}")
