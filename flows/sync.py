"""One connection, end to end: extract → land → account → transform → publish → report."""

from __future__ import annotations

from asyncio import gather, to_thread
from collections import deque
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed
from prefect.tasks import exponential_backoff

from flows.connectors.catalog import UnknownConnector
from flows.connectors.reader import ReadFailed, ReadInterrupted, RunStopped
from flows.connectors.spec import ConnectorInvalid
from flows.dbt import Node, TransformFailed
from flows.lake.lake import LakeRefused, LakeUnavailable
from flows.land import AT_ONCE, land, prepare, write_down
from flows.portal import Job, Portal, PortalHeldBack, PortalRefused, PortalUnavailable
from flows.report import StreamReport, acceptable, summary
from flows.session import Session
from flows.settings import WorkerSettings, worker_settings
from flows.transform import Work, publish_all, raw_tables, transform_all, work_to_do
from flows.warehouse.warehouse import (
    Fenced,
    Unaccounted,
    WarehouseBusy,
    WarehouseRefused,
    WarehouseUnavailable,
)

PASSING = (ReadInterrupted, LakeUnavailable, WarehouseBusy, WarehouseUnavailable, PortalUnavailable)
EXPECTED = (
    *PASSING,
    ConnectorInvalid,
    LakeRefused,
    PortalRefused,
    TransformFailed,
    Unaccounted,
    UnknownConnector,
    WarehouseRefused,
)
LANDED_ONLY = "landed only, since the budget leaves no room for analytics"
# What stands in the way of one stream stands in the way of all: the others are not tried.
# The portal is asked while a stream is read only to save what a login replaced.
OF_ALL_STREAMS = (
    Fenced,
    PortalRefused,
    PortalUnavailable,
    WarehouseRefused,
    WarehouseUnavailable,
)


@dataclass(frozen=True)
class End:
    """How a run ended, who has to act, and one sentence for them."""

    status: str
    message: str
    actor: str = ""
    publication: str = ""


async def is_worth_another_try(_task: Any, _run: Any, state: State[Any]) -> bool:
    outcome = await state.aresult(raise_on_failure=False)
    return isinstance(outcome, PASSING)


@flow(name="sync")
async def sync(connection: UUID) -> State[Any]:
    """Bring one connection's data from its source to the tenant's publication.

    :param connection: its code in the portal, which says all the rest
    """
    settings = worker_settings()
    with closing(Portal(url=settings.portal_url, token=settings.service_token)) as portal:
        try:
            job = await to_thread(
                portal.claim, connection=str(connection), flow_run_id=str(runtime.flow_run.id)
            )
        except PortalHeldBack as held_back:
            # The portal has written it down already.
            return Cancelled(message=str(held_back))
        end = await run(job, portal=portal, settings=settings)
    return Completed(message=end.message) if end.status == "COMPLETED" else _failed(end)


async def run(job: Job, *, portal: Portal, settings: WorkerSettings) -> End:
    """Do what a job asks for, and tell the portal how it ended, whatever the end was."""
    steps: dict[str, Any] = {}
    try:
        session = await to_thread(Session, job=job, portal=portal, settings=settings)
        steps = session.steps.taken
        try:
            end = await bring(session)
        finally:
            await to_thread(session.close)
    except Exception as error:
        await to_thread(report_end, portal, job, end_of(error), steps)
        raise
    await to_thread(report_end, portal, job, end, steps)
    return end


async def bring(session: Session) -> End:
    """The work of a run. What one stream cannot bring does not keep the others from arriving."""
    with session.steps.step("extract"):
        reports = await land_streams(session)
    if all(report.has_failed for report in reports):
        return ending(reports, publication="")
    if not session.job.analytics:
        landed = ending(reports, publication="")
        return replace(landed, message=f"{landed.message}; {LANDED_ONLY}")
    return ending(reports, publication=await transform_and_publish(session))


async def land_streams(session: Session) -> list[StreamReport]:
    await to_thread(prepare, session, tables=raw_tables(session))
    reports = await Landing(session).run()
    if session.unchanged:
        await account(session)
    await show(reports, session)
    return reports


class Landing:
    """The streams of a run in their order, some at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting = deque(session.job.connection.streams)
        self._reports: dict[str, StreamReport] = {}
        self._stopped: RunStopped | None = None

    async def run(self) -> list[StreamReport]:
        """:raises OF_ALL_STREAMS: once those have ended that were at work beside it"""
        ends = await gather(*(self._work() for _ in range(AT_ONCE)), return_exceptions=True)
        for error in filter(None, ends):
            raise error
        return [self._reports[stream] for stream in self._session.job.connection.streams]

    async def _work(self) -> None:
        while self._waiting:
            try:
                await self._bring(self._waiting.popleft())
            except BaseException:
                self._waiting.clear()
                raise

    async def _bring(self, stream: str) -> None:
        outcome = self._stopped or await outcome_of(stream, self._session)
        if isinstance(outcome, OF_ALL_STREAMS):
            raise outcome
        if isinstance(outcome, RunStopped):
            # The source would say the same of each; what has landed goes on to the tenant.
            self._stopped = outcome
        report = outcome if isinstance(outcome, StreamReport) else _failure(stream, outcome)
        self._reports[stream] = report
        await to_thread(
            self._session.portal.report_stream,
            run=self._session.job.run,
            stream=stream,
            report=report.for_portal(),
        )


async def outcome_of(stream: str, session: Session) -> Any:
    """The report of a stream that landed, or the error that kept it from landing."""
    # The stub says that a state comes back at once; of an async task it has to be awaited.
    state: Any = await land_stream(stream, session, return_state=True)  # type: ignore[misc]
    return await state.aresult(raise_on_failure=False)


PATIENT: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(backoff_factor=5),
    "retry_condition_fn": is_worth_another_try,
    "cache_policy": NO_CACHE,
}


@task(task_run_name="{stream}", **PATIENT)
async def land_stream(stream: str, session: Session) -> StreamReport:
    """Read one stream and land it as one batch."""
    report = await to_thread(land, stream, session)
    get_run_logger().info("%s", report.for_table())
    return report


@task(**PATIENT)
async def account(session: Session) -> None:
    """Write down what was read and brought nothing."""
    await to_thread(write_down, session)


async def transform_and_publish(session: Session) -> str:
    work = await to_thread(work_to_do, session)
    if work is None:
        get_run_logger().info("Nothing new: the last publication stands.")
        return ""
    with session.steps.step("transform"):
        await transform(work, session)
    with session.steps.step("publish"):
        return await publish(work, session)


@task(cache_policy=NO_CACHE)
async def transform(work: Work, session: Session) -> None:
    """Build and test what new batches touch."""
    nodes = await to_thread(transform_all, work, session)
    session.steps.note(models=seconds_by_model(nodes))
    await show_nodes(nodes, session)


@task(cache_policy=NO_CACHE)
async def publish(work: Work, session: Session) -> str:
    """Make what was built and tested what readers see."""
    return await to_thread(publish_all, work, session)


def seconds_by_model(nodes: list[Node]) -> dict[str, float]:
    """By the clock; what the step used on the processor is shared out by it."""
    return {node.name: node.seconds for node in nodes if node.kind == "model"}


async def show(reports: list[StreamReport], session: Session) -> None:
    await acreate_table_artifact(
        key=f"streams-{session.job.tenant.slug}-{session.job.connection.name}",
        table=[report.for_table() for report in reports],
        description=summary(reports),
    )


async def show_nodes(nodes: list[Node], session: Session) -> None:
    await acreate_table_artifact(
        key=f"models-{session.job.tenant.slug}-{session.job.connection.name}",
        table=[vars(node) for node in nodes],
        description=f"{len(nodes)} models and tests",
    )


def ending(reports: list[StreamReport], *, publication: str) -> End:
    failed = [report for report in reports if report.has_failed]
    if not failed:
        return End(status="COMPLETED", message=summary(reports), publication=publication)
    return End(
        status="FAILED" if len(failed) == len(reports) else "PARTIAL",
        message=summary(reports),
        # What the tenant can do comes to nothing while there is something for us to do.
        actor="OPERATOR" if any(report.actor == "OPERATOR" for report in failed) else "TENANT",
        publication=publication,
    )


def end_of(error: Exception) -> End:
    """What to say of a run that an error ended. What we did not expect is the operator's."""
    match error:
        case ReadFailed():
            return End(status="FAILED", message=str(error), actor="TENANT")
        case Fenced():
            return End(status="CANCELLED", message=str(error))
        case _ if isinstance(error, EXPECTED):
            return End(status="FAILED", message=str(error), actor="OPERATOR")
        case _:
            message = f"The run failed in a way nobody expected ({type(error).__name__})."
            return End(status="FAILED", message=message, actor="OPERATOR")


def report_end(portal: Portal, job: Job, end: End, steps: dict[str, Any]) -> None:
    said = {**vars(end), "message": acceptable(end.message), "steps": steps}
    portal.finish(run=job.run, end=said)


def _failure(stream: str, error: Any) -> StreamReport:
    if not isinstance(error, (ReadFailed, *EXPECTED)):
        # Prefect itself logs the trace of a flow, but not that of a task.
        get_run_logger().error("%s failed unexpectedly.", stream, exc_info=error)
    end = end_of(error)
    return StreamReport(stream=stream, message=end.message, actor=end.actor)


def _failed(end: End) -> State[Any]:
    return Failed(name="Partial" if end.status == "PARTIAL" else "Failed", message=end.message)
