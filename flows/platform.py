"""The platform's own flows: agreement with Prefect, cleanliness, and what it all costs."""

from __future__ import annotations

from asyncio import to_thread
from contextlib import closing
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.costs.prune import open_since, prune_details, prune_usage
from flows.lake.lake import LakeRefused, LakeUnavailable
from flows.maintenance import clean
from flows.mirror import mirror
from flows.parts import lake_at
from flows.portal import Portal, PortalRefused, PortalUnavailable
from flows.session import now
from flows.settings import WorkerSettings, worker_settings

if TYPE_CHECKING:
    from flows.costs.collect import Collected

SNOWFLAKE = "SNOWFLAKE"
STANDS_IN_THE_WAY = (LakeUnavailable, LakeRefused, PortalUnavailable, PortalRefused)


@flow(name="reconcile")
async def reconcile() -> State[Any]:
    """Ask the portal to make Prefect agree with it, and to settle runs that died without a word.

    Afterwards the lake gets what is set up for each tenant.
    """
    settings = worker_settings()
    problems = []
    with _portal(settings) as portal:
        done: dict[str, Any] = await to_thread(portal.reconcile)
        get_run_logger().info("%s", done)
        if refused := done.get("refused", []):
            problems.append("Prefect refused: " + "; ".join(refused))
        try:
            mirrored = await to_thread(mirror_all, portal, settings)
            get_run_logger().info("Configurations written to the lake: %s", mirrored)
        except (LakeUnavailable, LakeRefused, PortalUnavailable, PortalRefused) as error:
            problems.append(f"The configurations did not reach the lake: {error}")
    if problems:
        return Failed(message=" ".join(problems))
    return Completed(message="Prefect agrees with the portal.")


def mirror_all(portal: Portal, settings: WorkerSettings) -> list[str]:
    return mirror(lake_at(settings.lake), configurations=portal.configurations())


@flow(name="maintain")
async def maintain() -> State[Any]:
    """Remove what no reader and no rebuild needs any more, from the lake and from this worker."""
    settings = worker_settings()
    with _portal(settings) as portal:
        tenants = await to_thread(portal.tenants)
        done = await to_thread(clean, tenants=tenants, settings=settings, at=now())
        try:
            pruned = await to_thread(_prune_costs, portal, settings)
            get_run_logger().info("%d files of replaced usage and ledgers were removed.", pruned)
        except STANDS_IN_THE_WAY as error:
            done.postponed.append(f"costs: {error}")
    get_run_logger().info("%s", done)
    if done.postponed:
        return Failed(message="Not all was cleaned: " + "; ".join(done.postponed))
    return Completed(message=f"{len(tenants)} tenants were cleaned.")


def _prune_costs(portal: Portal, settings: WorkerSettings) -> int:
    lake, at = lake_at(settings.lake), now()
    removed = prune_usage(lake, at=at)
    for engine in ("DUCKDB", SNOWFLAKE):
        current = portal.ledger(engine=engine, first=open_since(at), last=at.date())
        removed += prune_details(lake, engine=engine, current=current, at=at)
    return removed


@flow(name="costs")
async def collect_costs(reads_now: bool = False) -> State[Any]:
    """Bring the ledger up to date: what each engine cost on the last days, and who caused it.

    :param reads_now: read Snowflake's records even if that was done not long ago
    """
    settings = worker_settings()
    with _portal(settings) as portal:
        try:
            done = await to_thread(_collect, portal, settings, reads_now=reads_now)
        except STANDS_IN_THE_WAY as error:
            return Failed(message=str(error))
    get_run_logger().info("%s", done.text)
    return Failed(message=done.text) if done.problems else Completed(message=done.text)


def _collect(portal: Portal, settings: WorkerSettings, *, reads_now: bool) -> Collected:
    # Only now: the other flows of this module run every few minutes, and need none of it.
    from flows.costs.collect import collect

    return collect(portal=portal, settings=settings, at=now(), reads_now=reads_now)


@flow(name="snowflake")
async def snowflake(
    action: str, request: str = "", is_routine: bool = False, only_new: bool = False
) -> State[Any]:
    """Do with Snowflake what somebody asked for in the portal, or what the schedule keeps doing.

    :param action: one of `flows.provision.on_request.ACTIONS`
    :param request: the code under which the portal waits for what becomes of it
    :param is_routine: where no tenant is on Snowflake, do nothing at all
    :param only_new: do it only if a tenant has no schemas yet; to find out wakes no warehouse
    """
    settings = worker_settings()
    with _portal(settings) as portal:
        tenants = await to_thread(portal.tenants)
        if is_routine and not any(each.engine == SNOWFLAKE for each in tenants):
            return Completed(message="No tenant is on Snowflake.")
        # Only now: the connector takes seconds to import, and most installations never need it.
        from flows.provision.on_request import UnknownAction, carry_out

        try:
            done = await to_thread(carry_out, action, tenants=tenants, only_new=only_new)
        except UnknownAction as error:
            return Failed(message=str(error))
        get_run_logger().info("%s", done.text)
        message = f"{done.text}{await to_thread(_tell, portal, request, done.for_portal())}"
    has_failed = done.has_failed or message != done.text
    return Failed(message=message) if has_failed else Completed(message=message)


def _tell(portal: Portal, request: str, done: dict[str, Any]) -> str:
    """What went wrong when the portal was told; empty if nothing did."""
    run = str(runtime.flow_run.id)
    try:
        portal.report_snowflake(request=request, flow_run_id=run, done=done)
    except (PortalUnavailable, PortalRefused) as error:
        return f"\nThe portal was not told: {error}"
    return ""


def _portal(settings: WorkerSettings) -> closing[Portal]:
    return closing(Portal(url=settings.portal_url, token=settings.service_token))
