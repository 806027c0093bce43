"""What a dead run could not report is found in Prefect."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.pipelines.desired import installation_tag
from portal.pipelines.prefect import PrefectApi
from portal.runs.models import Run
from portal.runs.services import finish_run

# How far back runs that the portal has never heard of are looked for.
LOOK_BACK = timedelta(days=2)

STATUS_OF = {
    "COMPLETED": Run.Status.COMPLETED,
    "FAILED": Run.Status.FAILED,
    "CRASHED": Run.Status.CRASHED,
    "CANCELLED": Run.Status.CANCELLED,
}
# Who cancelled a run wanted it to end.
NOBODYS_TASK = frozenset({Run.Status.COMPLETED, Run.Status.CANCELLED})


def settle_runs(*, api: PrefectApi, at: datetime) -> list[Run]:
    """Bring runs that ended, or were forgotten, without a word to the portal to their end."""
    with scopes_disabled():  # the reconciler works for every tenant
        _find_unknown_runs(api, at=at)
        waiting = {str(run.flow_run_id): run for run in Run.objects.exclude(status__in=Run.ENDED)}
        found = {each["id"]: each for each in api.flow_runs(list(waiting))}
        settled = []
        for flow_run_id, run in waiting.items():
            if ended := _settle(run, found.get(flow_run_id), at=at):
                settled.append(ended)
    return settled


def _settle(run: Run, flow_run: dict[str, Any] | None, *, at: datetime) -> Run | None:
    if flow_run is None:
        return finish_run(
            run=run,
            status=Run.Status.CRASHED,
            at=at,
            message="Prefect no longer knows this run. Start a new one.",
            actor=Run.Actor.OPERATOR,
        )
    status = STATUS_OF.get(flow_run["state_type"] or "")
    if status is None:
        return None
    ended_at = parse_datetime(flow_run.get("end_time") or "") or at
    state = flow_run.get("state") or {}
    actor = Run.Actor.NOBODY if status in NOBODYS_TASK else Run.Actor.OPERATOR
    return finish_run(
        run=run, status=status, at=ended_at, message=state.get("message") or "", actor=actor
    )


def _find_unknown_runs(api: PrefectApi, *, at: datetime) -> None:
    """A run whose process died before it could claim itself is known to Prefect alone."""
    since = (at - LOOK_BACK).isoformat()
    flow_runs = list(api.flow_runs_that_failed(tag=installation_tag(), since=since))
    known = {
        str(each)
        for each in Run.objects.filter(
            flow_run_id__in=[each["id"] for each in flow_runs]
        ).values_list("flow_run_id", flat=True)
    }
    codes = {str(each.code): each for each in Connection.objects.select_related("tenant")}
    for flow_run in flow_runs:
        connection = codes.get(str(flow_run.get("parameters", {}).get("connection")))
        if connection is None or flow_run["id"] in known:
            continue
        Run.objects.get_or_create(
            flow_run_id=UUID(flow_run["id"]),
            defaults={
                "tenant": connection.tenant,
                "engine": connection.tenant.engine,
                "connection": connection,
                "requested_at": parse_datetime(flow_run["expected_start_time"]) or at,
            },
        )
