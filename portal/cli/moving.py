"""A tenant moves to another engine: schedules pause, a program copies and compares, it switches.

The program is `flows/move.py`. It runs as a process: the portal knows no warehouse.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django_scopes import scope

from portal.cli.stack import worker_environment
from portal.lib.errors import Refused
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import pause, resume
from portal.runs.models import Run
from portal.tenants.models import Tenant
from portal.tenants.services import change_engine, check_engine


def move_tenant(*, tenant: Tenant, to: str, api: PrefectApi, at: datetime) -> list[dict[str, Any]]:
    """Move a tenant's data, and let its next runs use them. Gives what was compared.

    :raises Refused: if it is there already, a run goes on, or anything differs after the copying;
        the tenant then stays where it is
    """
    check_engine(to)
    if tenant.engine == to:
        raise Refused(f"{tenant} is on {to} already.")
    with scope(tenant=tenant), _paused(api=api, at=at):
        _check_quiet(tenant)
        compared = _run_program(tenant, to)
        change_engine(tenant=tenant, engine=to)
    return compared


@contextmanager
def _paused(*, api: PrefectApi, at: datetime) -> Iterator[None]:
    """No run begins by itself meanwhile. What was paused before stays so."""
    active = list(
        Pipeline.objects.filter(wanted=Pipeline.Wanted.ACTIVE).select_related("connection__tenant")
    )
    try:
        for pipeline in active:
            pause(connection=pipeline.connection, api=api, at=at)
        yield
    finally:
        for pipeline in active:
            resume(connection=pipeline.connection, api=api, at=at)


def _check_quiet(tenant: Tenant) -> None:
    if Run.objects.filter(status=Run.Status.RUNNING).exists():
        raise Refused(f"A run of {tenant} is going on. Move the tenant when it has ended.")


def _run_program(tenant: Tenant, to: str) -> list[dict[str, Any]]:
    told = {"code": str(tenant.code), "slug": tenant.slug, "engine": tenant.engine, "to": to}
    done = subprocess.run(  # noqa: S603 - our own program; a slug and a code are plain
        [sys.executable, "-m", "flows.move", json.dumps(told)],
        cwd=settings.BASE_DIR,
        env=worker_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Refused(said[-1] if said else f"The move ended with {done.returncode}.")
    compared: list[dict[str, Any]] = json.loads(done.stdout)
    return compared
