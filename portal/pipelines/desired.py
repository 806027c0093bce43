"""What Prefect should hold for a connection, as plain values that can be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings

from portal.connections.cron import first_of_the_day
from portal.connections.models import Connection, Schedule
from portal.pipelines.models import Pipeline, Restraint
from portal.tenants.models import Tenant

FLOW = "sync"
ENTRYPOINT = "flows.sync.sync"
SCHEDULE_SLUG = "main"
SECONDS_PER_DAY = 86_400.0
WORK_QUEUE = "default"  # the one that Prefect makes with every work pool
COLLISION_STRATEGY = "CANCEL_NEW"
# Told what to run, the process worker starts no second interpreter to supervise the first; and what
# it is told lets a warm server do the run.
JOB_VARIABLES = {"command": "python -m flows.warm"}

PARAMETER_SCHEMA: dict[str, Any] = {
    "title": "Parameters",
    "type": "object",
    "properties": {
        "connection": {
            "title": "connection",
            "description": "The connection's code in the portal.",
            "type": "string",
            "format": "uuid",
            "position": 0,
        }
    },
    "required": ["connection"],
}
SCHEMA_TEXT = json.dumps(PARAMETER_SCHEMA, sort_keys=True)


@dataclass(frozen=True)
class Timing:
    """When a deployment starts by itself: a cron expression, or seconds between runs."""

    cron: str | None = None
    interval_seconds: float | None = None
    time_zone: str = "UTC"
    # What Prefect holds of it and we never send: a schedule's own parameters, another anchor.
    strange: str = ""


@dataclass(frozen=True)
class Deployment:
    """The part of a Prefect deployment that the portal decides. Its name is its identity."""

    name: str
    connection: str
    is_paused: bool
    timing: Timing | None
    work_pool: str
    tags: tuple[str, ...]
    entrypoint: str = ENTRYPOINT
    path: str | None = None
    pull_steps: tuple[Any, ...] = ()
    work_queue: str = WORK_QUEUE
    other_parameters: tuple[tuple[str, Any], ...] = ()
    parameter_schema: str = SCHEMA_TEXT
    enforces_parameter_schema: bool = True
    concurrency_limit: int | None = 1
    collision_strategy: str | None = COLLISION_STRATEGY
    job_variables: tuple[tuple[str, Any], ...] = tuple(sorted(JOB_VARIABLES.items()))


def installation_tag() -> str:
    """The tag of what this installation owns in a Prefect that it may share with others.

    Made from the pseudonym key: it is the one value that an installation keeps for ever, through
    backups and moves. Eight digits of its hash tell nothing about it.
    """
    digest = sha256(b"mercurios installation " + settings.PSEUDONYM_KEY.encode())
    return f"mercurios:{digest.hexdigest()[:8]}"


def deployment_name(connection: Connection) -> str:
    """Prefect forbids a slash in a name; neither slugs nor names of connections have a dot."""
    return f"{connection.tenant.slug}.{connection.name}"


def desired_deployment(*, pipeline: Pipeline, work_pool: str) -> Deployment:
    connection = pipeline.connection
    return Deployment(
        name=deployment_name(connection),
        connection=str(connection.code),
        is_paused=is_paused(pipeline),
        timing=timing_of(connection),
        work_pool=work_pool,
        tags=tuple(sorted((installation_tag(), f"tenant:{connection.tenant.slug}"))),
    )


def is_paused(pipeline: Pipeline) -> bool:
    """By people, or by a budget."""
    return pipeline.wanted == Pipeline.Wanted.PAUSED or is_held_back(pipeline.connection)


def is_held_back(connection: Connection) -> bool:
    """Whether a budget pauses the runs of its tenant."""
    return level_of(connection.tenant) == Restraint.Level.PAUSED


def timing_of(connection: Connection) -> Timing | None:
    """When it starts by itself: as set up, or once a day at most while its tenant is slowed."""
    schedule = getattr(connection, "schedule", None)
    zone = connection.tenant.time_zone
    is_slow = level_of(connection.tenant) in Restraint.SLOW
    match schedule:
        case Schedule(kind=Schedule.Kind.CRON):
            cron = first_of_the_day(schedule.cron) if is_slow else schedule.cron
            return Timing(cron=cron, time_zone=zone)
        case Schedule(kind=Schedule.Kind.INTERVAL):
            seconds = 60.0 * (schedule.interval_minutes or 0)
            least = SECONDS_PER_DAY if is_slow else 0.0
            return Timing(interval_seconds=max(seconds, least), time_zone=zone)
        case _:
            return None


def level_of(tenant: Tenant) -> str:
    """How far the tenant is held back; empty if not at all."""
    restraint = getattr(tenant, "restraint", None)
    return restraint.level if restraint is not None else ""
