"""What every deployment stands on in Prefect: the work pool, and the watch over dead runs."""

from __future__ import annotations

from typing import Any

from portal.pipelines.prefect import PrefectApi

Json = dict[str, Any]

POOL_KIND = "process"
# Flow runs send a heartbeat every 30 s (PREFECT_FLOWS_HEARTBEAT_FREQUENCY in the worker's
# environment). Four that are missed in a row mean that nobody is left to report the end.
SILENCE_SECONDS = 120
WATCH = "mercurios: crash runs that fell silent"

# As in prefect.yaml, which is brought to Prefect by `prefect deploy --all` alone.
PLATFORM_TAG = "mercurios-platform"
PLATFORM_ENTRYPOINTS = tuple(
    f"flows/platform.py:{flow}" for flow in ("reconcile", "maintain", "collect_costs")
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
    """Sentences for what is not there yet; empty when everything is."""
    missing = []
    if api.work_pool(work_pool) is None:
        missing.append(f"work pool {work_pool}")
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


def lay_foundations(api: PrefectApi, *, work_pool: str) -> None:
    if api.work_pool(work_pool) is None:
        api.create_work_pool(name=work_pool, kind=POOL_KIND)
    if not _watches(api):
        api.create_automation(watch_over_dead_runs())


def _watches(api: PrefectApi) -> bool:
    return any(each["name"] == WATCH and each.get("enabled") for each in api.automations())
