"""Deployments in Prefect's JSON: written when we send them, read when we compare."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
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
# A schedule may start runs unlike the deployment's own; we never ask for that.
UNUSED_IN_SCHEDULES = ("parameters", "max_scheduled_runs")


def to_prefect(deployment: Deployment, *, flow_id: str) -> Json:
    """The body of a create, with every field: an upsert keeps the old value of what is left out."""
    return {
        "name": deployment.name,
        "flow_id": flow_id,
        "entrypoint": deployment.entrypoint,
        "path": deployment.path,
        "pull_steps": list(deployment.pull_steps) or None,
        "work_pool_name": deployment.work_pool,
        "work_queue_name": deployment.work_queue,
        "paused": deployment.is_paused,
        "schedules": [] if deployment.timing is None else [_schedule(deployment.timing)],
        "parameters": {**dict(deployment.other_parameters), "connection": deployment.connection},
        "parameter_openapi_schema": PARAMETER_SCHEMA,
        "enforce_parameter_schema": deployment.enforces_parameter_schema,
        "concurrency_limit": deployment.concurrency_limit,
        "concurrency_options": {"collision_strategy": deployment.collision_strategy},
        "tags": list(deployment.tags),
        "job_variables": dict(deployment.job_variables),
    }


def from_prefect(answer: Json) -> Deployment:
    """What Prefect holds, as far as the portal decides it. What was added by hand is drift."""
    limit = answer.get("global_concurrency_limit") or {}
    parameters = dict(answer.get("parameters") or {})
    schema = answer.get("parameter_openapi_schema")
    return Deployment(
        name=answer["name"],
        connection=str(parameters.pop("connection", "")),
        is_paused=bool(answer.get("paused")),
        timing=_timing(answer.get("schedules") or []),
        work_pool=answer.get("work_pool_name") or "",
        tags=tuple(sorted(answer.get("tags") or [])),
        entrypoint=answer.get("entrypoint") or "",
        path=answer.get("path"),
        pull_steps=tuple(answer.get("pull_steps") or ()),
        work_queue=answer.get("work_queue_name") or "",
        other_parameters=tuple(sorted(parameters.items())),
        parameter_schema=json.dumps(schema, sort_keys=True),
        enforces_parameter_schema=bool(answer.get("enforce_parameter_schema")),
        concurrency_limit=limit.get("limit"),
        collision_strategy=(answer.get("concurrency_options") or {}).get("collision_strategy"),
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
    timing = Timing(
        cron=form.get("cron"),
        interval_seconds=None if interval is None else float(interval),
        time_zone=form.get("timezone") or "UTC",
    )
    return replace(timing, strange=_strange(active[0], sent=_schedule(timing)))


def _strange(held: Json, *, sent: Json) -> str:
    """What a schedule holds besides what would be sent for it, as `name=value` texts."""
    form, expected = held["schedule"], sent["schedule"]
    found = {key: held[key] for key in UNUSED_IN_SCHEDULES if held.get(key)}
    if held.get("slug") != sent["slug"]:
        found["slug"] = held.get("slug")
    if form.get("rrule"):
        found["rrule"] = form["rrule"]
    if "cron" in expected and form.get("day_or") is not True:
        found["day_or"] = form.get("day_or")
    if "anchor_date" in expected and _moment(form.get("anchor_date")) != _moment(ANCHOR):
        found["anchor_date"] = form.get("anchor_date")
    return ", ".join(f"{key}={value}" for key, value in sorted(found.items()))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
