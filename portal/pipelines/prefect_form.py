"""Deployments in Prefect's JSON: written when we send them, read when we compare."""

from __future__ import annotations

from typing import Any

from portal.pipelines.desired import (
    PARAMETER_SCHEMA,
    SCHEDULE_SLUG,
    Deployment,
    Timing,
)

Json = dict[str, Any]
# Interval schedules count from here. A fixed anchor keeps the due times when a schedule is re-sent.
ANCHOR = "2024-01-01T00:00:00Z"


def to_prefect(deployment: Deployment, *, flow_id: str) -> Json:
    """The body of a create, with every field: an upsert keeps the old value of what is left out."""
    return {
        "name": deployment.name,
        "flow_id": flow_id,
        "entrypoint": deployment.entrypoint,
        "path": None,
        "pull_steps": None,
        "work_pool_name": deployment.work_pool,
        "work_queue_name": None,
        "paused": deployment.is_paused,
        "schedules": [] if deployment.timing is None else [_schedule(deployment.timing)],
        "parameters": {"connection": deployment.connection},
        "parameter_openapi_schema": PARAMETER_SCHEMA,
        "enforce_parameter_schema": True,
        "concurrency_limit": deployment.concurrency_limit,
        "concurrency_options": {"collision_strategy": "CANCEL_NEW"},
        "tags": list(deployment.tags),
        "job_variables": dict(deployment.job_variables),
    }


def from_prefect(answer: Json) -> Deployment:
    """What Prefect holds, as far as the portal decides it. What was added by hand is drift."""
    limit = answer.get("global_concurrency_limit") or {}
    return Deployment(
        name=answer["name"],
        connection=str(answer.get("parameters", {}).get("connection", "")),
        is_paused=bool(answer.get("paused")),
        timing=_timing(answer.get("schedules") or []),
        work_pool=answer.get("work_pool_name") or "",
        tags=tuple(sorted(answer.get("tags") or [])),
        entrypoint=answer.get("entrypoint") or "",
        concurrency_limit=limit.get("limit"),
        job_variables=tuple(sorted((answer.get("job_variables") or {}).items())),
    )


def _schedule(timing: Timing) -> Json:
    if timing.cron is not None:
        # `day_or` as in cron itself: day of month or day of week.
        form: Json = {"cron": timing.cron, "timezone": timing.time_zone, "day_or": True}
    else:
        form = {
            "interval": timing.interval_seconds,
            "anchor_date": ANCHOR,
            "timezone": timing.time_zone,
        }
    return {"slug": SCHEDULE_SLUG, "active": True, "schedule": form}


def _timing(schedules: list[Json]) -> Timing | None:
    active = [each for each in schedules if each.get("active")]
    if not active:
        # One that was switched off in Prefect is drift as well: pausing is the portal's to decide.
        return Timing(time_zone="") if schedules else None
    if len(active) > 1:
        return Timing(time_zone="several")
    form = active[0]["schedule"]
    interval = form.get("interval")
    return Timing(
        cron=form.get("cron"),
        interval_seconds=None if interval is None else float(interval),
        time_zone=form.get("timezone") or "UTC",
    )
