"""What every deployment stands on in Prefect: the work pools, and the watch over dead runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portal.pipelines.prefect import PrefectApi, PrefectRefused
from portal.pipelines.work_pools import WorkPool, work_pools

Json = dict[str, Any]

# Flow runs send a heartbeat every 30 s (PREFECT_FLOWS_HEARTBEAT_FREQUENCY in the worker's
# environment). Four that are missed in a row mean that nobody is left to report the end.
SILENCE_SECONDS = 120
WATCH = "mercurios: crash runs that fell silent"

# As in prefect.yaml, which is brought to Prefect by `prefect deploy --all` alone.
PLATFORM_TAG = "mercurios-platform"
PLATFORM_ENTRYPOINTS = tuple(
    f"flows/platform.py:{flow}" for flow in ("reconcile", "maintain", "collect_costs", "snowflake")
)

HEARTBEAT = "prefect.flow-run.heartbeat"
ENDED = [f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")]


def watch_over_dead_runs() -> Json:
    """The automation that a self-hosted server needs to notice a worker that died with its run."""
    return {
        "name": WATCH,
        "description": "A flow run without heartbeats is marked as crashed, which frees its slot.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
            "after": [HEARTBEAT],
            "expect": [HEARTBEAT, *ENDED],
            "for_each": ["prefect.resource.id"],
            "threshold": 1,
            "within": SILENCE_SECONDS,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": "The run fell silent: its process or its machine is gone.",
            }
        ],
    }


def missing_foundations(api: PrefectApi, *, work_pool: str) -> list[str]:
    """Sentences for what is not there yet, or not as it should be; empty when everything is.

    :param work_pool: of the retailers' deployments
    """
    missing = [sentence for pool in work_pools(work_pool) for sentence in _missing(api, pool)]
    if not _watches(api):
        missing.append(f"automation {WATCH!r}")
    return missing


def missing_platform_deployments(api: PrefectApi) -> list[str]:
    """A sentence for each of the platform's own deployments that Prefect does not hold."""
    held = {each.get("entrypoint") for each in api.deployments(tag=PLATFORM_TAG)}
    return [
        f"The platform's deployment of {entrypoint} is missing: run `prefect deploy --all`."
        for entrypoint in PLATFORM_ENTRYPOINTS
        if entrypoint not in held
    ]


def platform_deployment(api: PrefectApi, *, flow: str, name: str) -> UUID:
    """The id of one of the platform's own deployments.

    :raises PrefectRefused: if Prefect does not hold it
    """
    for held in api.deployments(tag=PLATFORM_TAG, flow=flow, name=name):
        return UUID(held["id"])
    raise PrefectRefused(
        f"The platform's deployment of {flow}/{name} is missing: run `prefect deploy --all`."
    )


def lay_foundations(api: PrefectApi, *, work_pool: str) -> None:
    """:raises PrefectRefused: if a work pool of that name is of another type"""
    for pool in work_pools(work_pool):
        held = api.work_pool(pool.name)
        if held is None:
            api.create_work_pool(name=pool.name, kind=pool.kind, template=pool.template)
        elif pool.template is None:
            continue  # also one of another type: somebody has chosen it
        elif held["type"] != pool.kind:
            raise PrefectRefused(
                f"The work pool {pool.name} is of type {held['type']} and not {pool.kind}. Delete"
                " it in Prefect; it is created anew."
            )
        elif held["base_job_template"] != pool.template:
            api.change_job_template(work_pool=pool.name, template=pool.template)
    if not _watches(api):
        api.create_automation(watch_over_dead_runs())


def _missing(api: PrefectApi, pool: WorkPool) -> list[str]:
    held = api.work_pool(pool.name)
    if held is None:
        return [f"work pool {pool.name}"]
    if pool.template is None:
        return []
    if held["type"] != pool.kind:
        return [f"work pool {pool.name} of type {pool.kind}"]
    is_as_wanted = held["base_job_template"] == pool.template
    return [] if is_as_wanted else [f"job template of work pool {pool.name}"]


def _watches(api: PrefectApi) -> bool:
    return any(each["name"] == WATCH and each.get("enabled") for each in api.automations())
