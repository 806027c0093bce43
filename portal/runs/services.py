"""Starting runs and writing down what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.connections.services import hold_connection, next_fence, version_to_run
from portal.lib.errors import Refused
from portal.marketplace.models import ConnectorVersion
from portal.pipelines.models import Pipeline, Restraint
from portal.pipelines.prefect import PrefectApi, PrefectRefused
from portal.pipelines.selectors import restraint_of
from portal.runs.models import Run, StreamResult

# What a tenant's restraint can keep from starting; its claim may be asked for twice.
STOPPABLE = frozenset({Run.Status.SCHEDULED, Run.Status.CANCELLED})


class HeldBack(Refused):
    """No run of this tenant may start now; the sentence says why, and who can change it."""


def run_now(
    *, connection: Connection, api: PrefectApi, at: datetime, request_key: str | None = None
) -> Run:
    """Ask Prefect for a run of a deployed connection.

    :param request_key: of a request that may be sent twice because its answer was lost: it then
        starts one run. Prefect keeps that promise, also if two ask at once
    :raises HeldBack: if the tenant's runs are paused
    :raises Refused: if it is not deployed, or not yet known to Prefect
    :raises PrefectUnavailable: if Prefect does not answer; nothing was started then
    """
    # Made of the connection's code, so that two connections may use the same words.
    code = uuid5(connection.code, request_key) if request_key else uuid4()
    with scopes_disabled():  # the connection is named in the call
        # Prefect forgets its runs some day, and would start another.
        asked: Run | None = Run.objects.filter(code=code).first()  # the code is unique
        if asked is not None:
            return asked
        if held_back := _paused(connection):
            raise HeldBack(held_back.reason)
        pipeline = Pipeline.objects.filter(connection=connection).first()  # one at most
        if pipeline is None:
            raise Refused(f"{connection} is not deployed yet. Deploy it first.")
        if pipeline.deployment_id is None:
            raise Refused(
                f"Prefect does not know {connection} yet. Run `manage.py apply`, then try again."
            )
        try:
            flow_run_id = api.create_flow_run(
                deployment_id=pipeline.deployment_id, idempotency_key=str(code)
            )
        except PrefectRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise Refused(
                f"Prefect no longer knows {connection}. Redeploy it, or run `manage.py apply`."
            ) from error
        run: Run
        # The worker may have claimed the run before this line is reached.
        run, _ = Run.objects.get_or_create(
            flow_run_id=UUID(flow_run_id),
            defaults={
                "code": code,
                "tenant": connection.tenant,
                "engine": connection.tenant.engine,
                "connection": connection,
                "requested_at": at,
            },
        )
    return run


@dataclass(frozen=True)
class Claim:
    """:param analytics: whether the run is to transform and publish, too, and not only to land"""

    run: Run
    fence: int
    analytics: bool = True


def claim_run(*, connection: Connection, flow_run_id: UUID, at: datetime) -> Claim:
    """A flow run says that it starts. From now on no earlier run of the connection may commit.

    :raises HeldBack: if the tenant's runs are paused; the run is written down as cancelled then
    :raises Refused: if the run has ended already, so that a forgotten process does not revive it,
        the connection was removed meanwhile, or its tenant may not use its connector any more
    """
    _check_not_held_back(connection, flow_run_id, at=at)
    version = _version(connection, flow_run_id, at=at)
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        # First of all: it cannot be removed then before the run is written down.
        fence = next_fence(connection=connection)
        run = _claimed(connection, flow_run_id, at=at)
        if run.connection_id != connection.pk:
            raise Refused("This flow run belongs to another connection.")
        if run.status in Run.ENDED:
            raise Refused("This run has ended already. Start a new one.")
        if run.started_at is None:
            # What is rolled out from now on is for the next run; asked again, it stays with this.
            run.connector_version = version
        run.status = Run.Status.RUNNING
        run.started_at = run.started_at or at
        run.engine = connection.tenant.engine  # it may have moved since the run was asked for
        run.save(update_fields=["connector_version", "status", "started_at", "engine"])
    restraint = restraint_of(connection.tenant)
    lands_only = restraint is not None and restraint.level in Restraint.LANDS_ONLY
    return Claim(run=run, fence=fence, analytics=not lands_only)


def _check_not_held_back(connection: Connection, flow_run_id: UUID, *, at: datetime) -> None:
    """A run that goes on already goes on. No fence is given: another one may be committing."""
    held_back = _paused(connection)
    if held_back is None:
        return
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        hold_connection(connection)
        run = _claimed(connection, flow_run_id, at=at)
        if run.connection_id != connection.pk or run.status not in STOPPABLE:
            return
        if run.status == Run.Status.SCHEDULED:
            run.status, run.finished_at = Run.Status.CANCELLED, at
            run.message = held_back.reason
            run.save(update_fields=["status", "finished_at", "message"])
    raise HeldBack(held_back.reason)


def _version(connection: Connection, flow_run_id: UUID, *, at: datetime) -> ConnectorVersion | None:
    """The version of an uploaded connector to begin with.

    :raises Refused: if the tenant may not use it; the run is written down as failed then
    """
    try:
        return version_to_run(connection)
    except Refused as refused:
        with transaction.atomic(), scopes_disabled():  # the connection is named in the call
            hold_connection(connection)
            run = _claimed(connection, flow_run_id, at=at)
            if run.connection_id == connection.pk and run.status == Run.Status.SCHEDULED:
                run.status, run.finished_at = Run.Status.FAILED, at
                run.message, run.actor = refused.message, Run.Actor.OPERATOR
                run.save(update_fields=["status", "finished_at", "message", "actor"])
        raise


def _paused(connection: Connection) -> Restraint | None:
    restraint = restraint_of(connection.tenant)
    if restraint is None or restraint.level != Restraint.Level.PAUSED:
        return None
    return restraint


def _claimed(connection: Connection, flow_run_id: UUID, *, at: datetime) -> Run:
    """The row of a flow run, which may be new. An end that is written just now is waited for."""
    run, _ = Run.objects.get_or_create(
        flow_run_id=flow_run_id,
        defaults={
            "tenant": connection.tenant,
            "engine": connection.tenant.engine,
            "connection": connection,
            "requested_at": at,
        },
    )
    held: Run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    return held


@dataclass(frozen=True)
class StreamCounts:
    extracted: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    deleted: int = 0
    held_back: int = 0
    bytes_read: int = 0


@dataclass(frozen=True)
class StreamReport:
    stream: str
    status: str
    counts: StreamCounts = field(default_factory=StreamCounts)
    seconds: float = 0
    is_incremental: bool = False
    bookmark: str = ""
    message: str = ""


def record_stream(*, run: Run, report: StreamReport) -> StreamResult:
    """Write down one stream's account; saying it again replaces what was said before.

    :raises Refused: if the records do not add up
    """
    counts = report.counts
    if counts.extracted != counts.new + counts.changed + counts.unchanged + counts.rejected:
        raise Refused(f"The records of {report.stream} do not add up.", field="extracted")
    with scopes_disabled():  # the run is named in the call
        result: StreamResult
        result, _ = StreamResult.objects.update_or_create(
            run=run,
            stream=report.stream,
            defaults={
                "status": report.status,
                "seconds": report.seconds,
                "is_incremental": report.is_incremental,
                "bookmark": report.bookmark,
                "message": report.message,
                **vars(counts),
            },
        )
    return result


def finish_run(
    *,
    run: Run,
    status: str,
    at: datetime,
    message: str = "",
    actor: str = "",
    publication: str = "",
    steps: dict[str, Any] | None = None,
) -> Run:
    """Write down how a run ended. The first word stands, but for one case.

    A run that was given up as crashed, as when it could not reach anybody for a while, may still
    say that it has committed: what was committed is not called a crash.

    :raises Refused: if the status is not an end
    """
    if status not in Run.ENDED:
        raise Refused(f"A run ends as one of {', '.join(sorted(Run.ENDED))}.", field="status")
    with transaction.atomic(), scopes_disabled():  # the run is named in the call
        run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        if run.status in Run.ENDED and not (
            run.status == Run.Status.CRASHED and status in Run.COMMITTED
        ):
            return run
        run.status = status
        run.finished_at = at
        run.message = message
        run.actor = actor
        run.publication = publication
        run.steps = steps or {}
        run.save()
    return run


def cancel_run(*, run: Run, api: PrefectApi) -> None:
    """Ask Prefect to stop a run. Its end is written down when it has ended.

    :raises Refused: if it has ended already
    """
    if run.status in Run.ENDED:
        raise Refused("This run has ended already.")
    api.cancel_flow_run(run.flow_run_id)
