"""The platform's own flows: agreement with Prefect, cleanliness, and what it all costs."""

from __future__ import annotations

from asyncio import to_thread
from contextlib import closing
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.maintenance import bytes_stored, clean
from flows.portal import Portal
from flows.session import now
from flows.settings import WorkerSettings, worker_settings


@flow(name="reconcile")
async def reconcile() -> State[Any]:
    """Ask the portal to make Prefect agree with it, and to settle runs that died without a word."""
    with _portal(worker_settings()) as portal:
        done: dict[str, Any] = await to_thread(portal.reconcile)
    get_run_logger().info("%s", done)
    refused = done.get("refused", [])
    if refused:
        return Failed(message="Prefect refused: " + "; ".join(refused))
    return Completed(message="Prefect agrees with the portal.")


@flow(name="maintain")
async def maintain() -> State[Any]:
    """Remove what no reader and no rebuild needs any more, from the lake and from this worker."""
    settings = worker_settings()
    with _portal(settings) as portal:
        tenants = await to_thread(portal.tenants)
    done = await to_thread(clean, tenants=tenants, settings=settings, at=now())
    get_run_logger().info("%s", done)
    if done.postponed:
        return Failed(message="Not all was cleaned: " + "; ".join(done.postponed))
    return Completed(message=f"{len(tenants)} tenants were cleaned.")


@flow(name="costs")
async def collect_costs() -> None:
    """Ask the portal to add up what each tenant used, and tell it how much each one stores."""
    settings = worker_settings()
    with _portal(settings) as portal:
        tenants = await to_thread(portal.tenants)
        stored = await to_thread(bytes_stored, tenants=tenants, settings=settings)
        done: dict[str, Any] = await to_thread(portal.roll_up_costs, bytes_stored=stored)
    get_run_logger().info("%s", done)


def _portal(settings: WorkerSettings) -> closing[Portal]:
    return closing(Portal(url=settings.portal_url, token=settings.service_token))
