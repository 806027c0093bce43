"""Deciding what should run, and making Prefect agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django_scopes import scopes_disabled

from portal.connections import selectors as connections
from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.pipelines.desired import (
    FLOW,
    Deployment,
    deployment_name,
    desired_deployment,
    installation_tag,
)
from portal.pipelines.foundations import lay_foundations, missing_foundations
from portal.pipelines.models import Pipeline
from portal.pipelines.plan import Act, Change, Held, plan
from portal.pipelines.prefect import PrefectApi, PrefectRefused, PrefectUnavailable
from portal.pipelines.prefect_form import from_prefect, to_prefect

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass
class Difference:
    """What `apply` would do: what Prefect lacks first, then the deployments."""

    foundations: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    # The ids of the deployments that Prefect holds, by name, should the portal not know them.
    ids: dict[str, str] = field(default_factory=dict)
    # What was wanted of each pipeline when this was found, by its id.
    wanted: dict[int, Deployment] = field(default_factory=dict)
    # What Prefect refused when it was applied, one sentence each; the others were applied.
    refused: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.foundations and not self.changes


def deploy(*, connection: Connection, api: PrefectApi, at: datetime) -> Pipeline:
    """Want a connection to run, from now on, and tell Prefect.

    :raises Refused: if the connection is not ready, with what it still lacks
    """
    connections.check_ready(connection)
    return _want(connection, Pipeline.Wanted.ACTIVE, api=api, at=at)


def pause(*, connection: Connection, api: PrefectApi, at: datetime) -> Pipeline:
    """Start no more runs until someone resumes it. A run that goes on is not touched."""
    _check_deployed(connection)
    return _want(connection, Pipeline.Wanted.PAUSED, api=api, at=at)


def resume(*, connection: Connection, api: PrefectApi, at: datetime) -> Pipeline:
    """:raises Refused: if it is not ready any more, as when it got other credentials meanwhile"""
    _check_deployed(connection)
    connections.check_ready(connection)
    return _want(connection, Pipeline.Wanted.ACTIVE, api=api, at=at)


def converge(*, connection: Connection, api: PrefectApi, at: datetime) -> Pipeline | None:
    """Bring one changed connection to Prefect now; if that fails, the reconciler does it later."""
    with scopes_disabled():  # the connection is named in the call
        pipeline = _pipelines().filter(connection=connection).first()  # one at most
        if pipeline is not None:
            _converge(pipeline, api=api, at=at)
            # It may have been deleted while Prefect was asked.
            pipeline = _pipelines().filter(connection=connection).first() or pipeline
    return pipeline


def _converge(pipeline: Pipeline, *, api: PrefectApi, at: datetime) -> None:
    try:
        wanted = _desired(pipeline)
        held = held_deployments(api, name=wanted.name)
        deployment_id = held[0].id if held else ""
        if plan(wanted=[wanted], held=held):
            deployment_id = api.create_deployment(to_prefect(wanted, flow_id=api.flow_id(FLOW)))
        _note_applied(pipeline, deployment_id, at=at)
    except (PrefectUnavailable, PrefectRefused) as error:
        Pipeline.objects.filter(pk=pipeline.pk).update(problem=str(error))


def difference(*, api: PrefectApi) -> Difference:
    """:raises PrefectUnavailable, PrefectRefused: if Prefect cannot be read"""
    with scopes_disabled():  # the reconciler works for every tenant
        wanted = {pipeline.pk: _desired(pipeline) for pipeline in _pipelines()}
    held = held_deployments(api)
    return Difference(
        foundations=missing_foundations(api, work_pool=settings.WORK_POOL),
        changes=plan(wanted=wanted.values(), held=held),
        ids={each.deployment.name: each.id for each in held},
        wanted=wanted,
    )


def apply(wanted: Difference, *, api: PrefectApi, at: datetime) -> None:
    """Do what a difference says. Doing it twice is harmless.

    A deployment that Prefect refuses is noted with its pipeline and does not hold up the others.

    :raises PrefectUnavailable, PrefectRefused: if Prefect stops answering; what was done stays done
    """
    if wanted.foundations:
        lay_foundations(api, work_pool=settings.WORK_POOL)
    flow_id = api.flow_id(FLOW) if wanted.changes else ""
    with scopes_disabled():  # the reconciler works for every tenant
        for pipeline in _pipelines():
            _note_id(pipeline, wanted.ids.get(deployment_name(pipeline.connection)), at=at)
        for change in wanted.changes:
            try:
                _apply_change(change, api=api, flow_id=flow_id, at=at)
            except PrefectRefused as error:
                wanted.refused.append(f"{change.name}: {error}")
                _named(change.name).update(problem=str(error))
        _clear_problems(wanted)


def reconcile(*, api: PrefectApi, at: datetime) -> Difference:
    """Make Prefect agree with the portal and return what had to be done."""
    found = difference(api=api)
    apply(found, api=api, at=at)
    return found


def held_deployments(api: PrefectApi, *, name: str | None = None) -> list[Held]:
    return [
        Held(id=answer["id"], deployment=from_prefect(answer))
        for answer in api.deployments(tag=installation_tag(), flow=FLOW, name=name)
    ]


def _apply_change(change: Change, *, api: PrefectApi, flow_id: str, at: datetime) -> None:
    """People go on working while a long plan is applied: what they want now decides."""
    pipeline = _named(change.name).first()  # the name is unique
    if change.act is Act.DELETE and change.held is not None:
        if pipeline is None:
            api.delete_deployment(change.held.id)
    elif pipeline is not None:
        body = to_prefect(_desired(pipeline), flow_id=flow_id)
        deployment_id = api.create_deployment(body)
        _note_applied(pipeline, deployment_id, at=at)


def _note_id(pipeline: Pipeline, deployment_id: str | None, *, at: datetime) -> None:
    if deployment_id and str(pipeline.deployment_id) != deployment_id:
        row = Pipeline.objects.filter(pk=pipeline.pk)
        row.update(deployment_id=UUID(deployment_id), applied_at=at)


def _note_applied(pipeline: Pipeline, deployment_id: str, *, at: datetime) -> None:
    """A pipeline that was deleted meanwhile is no error: the next pass removes its deployment."""
    row = Pipeline.objects.filter(pk=pipeline.pk)
    row.update(deployment_id=UUID(deployment_id), applied_at=at, problem="")


def _clear_problems(wanted: Difference) -> None:
    """Prefect agrees on what was neither to be changed nor has been changed by people since."""
    changed = {change.name for change in wanted.changes}
    for pipeline in _pipelines().exclude(problem=""):
        now = _desired(pipeline)
        if now.name not in changed and wanted.wanted.get(pipeline.pk) == now:
            row = Pipeline.objects.filter(pk=pipeline.pk, problem=pipeline.problem)
            row.update(problem="")


def _desired(pipeline: Pipeline) -> Deployment:
    return desired_deployment(pipeline=pipeline, work_pool=settings.WORK_POOL)


def _want(connection: Connection, wanted: str, *, api: PrefectApi, at: datetime) -> Pipeline:
    with scopes_disabled():  # the connection is named in the call
        Pipeline.objects.update_or_create(connection=connection, defaults={"wanted": wanted})
    pipeline = converge(connection=connection, api=api, at=at)
    assert pipeline is not None, "it was saved a line ago"  # noqa: S101 - for the type checker
    return pipeline


def _check_deployed(connection: Connection) -> None:
    with scopes_disabled():  # the connection is named in the call
        if not Pipeline.objects.filter(connection=connection).exists():
            raise Refused(f"{connection} is not deployed yet. Deploy it first.")


def _pipelines() -> QuerySet[Pipeline]:
    found: QuerySet[Pipeline] = Pipeline.objects.select_related(
        "connection", "connection__tenant__restraint", "connection__schedule"
    )
    return found.order_by("connection__tenant__slug", "connection__name")


def _named(name: str) -> QuerySet[Pipeline]:
    """The one pipeline, if any, whose deployment has this name."""
    slug, _, connection = name.partition(".")
    return _pipelines().filter(connection__tenant__slug=slug, connection__name=connection)
