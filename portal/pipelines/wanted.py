"""What programs ask of deployments: to be active or paused, on time, and in the right zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.connections.models import Connection, Schedule
from portal.connections.services import set_schedule
from portal.pipelines import services
from portal.pipelines.models import Pipeline
from portal.pipelines.onboarding import converge_tenant
from portal.pipelines.prefect import PrefectApi
from portal.tenants.models import Tenant
from portal.tenants.services import update_tenant


def want(*, connection: Connection, wanted: str, api: PrefectApi, at: datetime) -> Pipeline:
    """Deploy a connection, resume it or pause it, whichever leads to the wanted state.

    :raises Refused: if it is not ready to run, or is to be paused before it was deployed
    """
    if wanted == Pipeline.Wanted.PAUSED:
        return services.pause(connection=connection, api=api, at=at)
    if getattr(connection, "pipeline", None) is None:
        return services.deploy(connection=connection, api=api, at=at)
    return services.resume(connection=connection, api=api, at=at)


def reschedule(
    *, connection: Connection, timing: Mapping[str, Any], api: PrefectApi, at: datetime
) -> Schedule:
    """Change when a connection runs, and tell Prefect if it is deployed.

    :raises Refused: if the cron expression or the interval is not usable
    """
    schedule = set_schedule(connection=connection, **timing)
    services.converge(connection=connection, api=api, at=at)
    return schedule


def change_tenant(
    *, tenant: Tenant, changes: Mapping[str, str], api: PrefectApi, at: datetime
) -> Tenant:
    """Change a tenant; its schedules move with it to another time zone.

    :raises Refused: if a value is malformed
    """
    before = tenant.time_zone
    changed = update_tenant(tenant=tenant, **changes)
    if changed.time_zone != before:
        converge_tenant(tenant=changed, api=api, at=at)
    return changed
