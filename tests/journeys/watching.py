"""Waiting for what the platform does by itself, seen through its own database."""

from __future__ import annotations

import time
from typing import Any

from tests.processes import Platform

RUN_SECONDS = 180.0
ENDED = {"COMPLETED", "PARTIAL", "FAILED", "CRASHED", "CANCELLED"}

RUNS = """
    select runs_run.id, runs_run.code, runs_run.status, runs_run.message, runs_run.publication
    from runs_run
    join connections_connection on connections_connection.id = runs_run.connection_id
    join tenants_tenant on tenants_tenant.id = connections_connection.tenant_id
    where tenants_tenant.slug || '/' || connections_connection.name = ?
    order by runs_run.id desc
"""

STREAMS = """
    select stream, extracted, new, changed, unchanged, rejected, is_incremental
    from runs_streamresult
    where run_id = ?
"""


def runs_of(platform: Platform, connection: str) -> list[dict[str, Any]]:
    """Newest first, each with its streams."""
    found = platform.rows(RUNS, connection)
    for run in found:
        run["streams"] = {row["stream"]: row for row in platform.rows(STREAMS, run["id"])}
    return found


def wait_for_run(
    platform: Platform,
    connection: str,
    *,
    after: dict[str, Any] | None,
    all_ended: bool = False,
    status: str = "",
) -> dict[str, Any]:
    """The first run after another one that has ended; with `all_ended`, when none goes on.

    :param status: the end to wait for, if earlier runs may have ended otherwise
    """
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        runs = runs_of(platform, connection)
        later = [run for run in runs if after is None or run["id"] > after["id"]]
        ended = [run for run in later if run["status"] in ({status} if status else ENDED)]
        if ended and (not all_ended or len(ended) == len(later)):
            return ended[-1]
        time.sleep(0.5)
    raise AssertionError(f"No run of {connection} ended in {RUN_SECONDS:.0f} s: {runs}")
