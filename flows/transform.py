"""Deciding what has to be built, building it, and publishing it if its tests pass."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flows.connectors.catalog import connectors
from flows.connectors.streams import Stream
from flows.dbt import Node, build, published_views, transforms_version
from flows.publish import (
    landed_connectors,
    last_published,
    publish,
    published_connectors,
    settings_of,
)
from flows.session import Session, now
from flows.warehouse.warehouse import Recipe, WarehouseBusy

# A stream that lands just then holds the warehouse for a moment.
TRIES = 3


@dataclass(frozen=True)
class Work:
    """What there is to build. `tables` are the raw tables with something new; none means all."""

    tables: list[str] | None
    full_refresh: bool
    landed_through: datetime


def raw_tables(session: Session) -> list[str]:
    """Of every stream of the connectors in use, chosen or not: the models read them all."""
    last = last_published(session.lake, tenant=session.job.tenant)
    used = published_connectors(last) | {session.connector.name}
    # One that was uploaded is in no folder: it came with the job.
    known = {**connectors(), session.connector.name: session.connector}
    return [
        f"{name}__{stream}"
        for name, each in known.items()
        if name in used
        for stream in each.streams
    ]


def work_to_do(session: Session) -> Work | None:
    """Nothing, if the last publication already shows all that has landed.

    If there is something, no other run of the tenant builds or publishes from here on.

    :raises WarehouseBusy: if another run does for too long
    """
    if _work_to_do(session) is None:
        return None
    session.turn.take()
    return _work_to_do(session)  # the run that had the turn before may have done it


def _work_to_do(session: Session) -> Work | None:
    tenant, recipe = session.job.tenant, recipe_of(session)
    last = last_published(session.lake, tenant=tenant)
    with session.warehouses.open(tenant) as warehouse:
        landed_through = warehouse.landed_through()
        if landed_through is None:
            return None
        if last is None or (last.transforms, last.settings) != (recipe.transforms, recipe.settings):
            return Work(tables=None, full_refresh=True, landed_through=landed_through)
        touched = warehouse.landed_after(last.landed_through)
        if not touched:
            return None  # before anything is asked that would wake the warehouse
        # A build that failed left tables of other SQL, though nothing of it was published.
        is_built_by_us = warehouse.is_built_by(recipe)
    if not is_built_by_us:
        return Work(tables=None, full_refresh=True, landed_through=landed_through)
    return Work(tables=touched, full_refresh=False, landed_through=landed_through)


def recipe_of(session: Session) -> Recipe:
    """Other SQL, another time zone, or one more connector, gives other rows from the same raw."""
    used = _connectors(session)
    settings = settings_of(session.job.tenant) | {"connectors": ",".join(used)}
    if frozen := frozen_fields(session, used):
        settings |= {"frozen": json.dumps(frozen, sort_keys=True)}
    return Recipe(transforms=transforms_version(), settings=settings)


def frozen_fields(session: Session, used: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """Of the raw table of each frozen stream, the fields of each connection; '' is any other one.

    :param used: the connectors whose records the warehouse has
    """
    frozen = {
        f"{name}__{stream}": each
        for name, connector in connectors().items()
        if name in used
        for stream, each in connector.streams.items()
        if each.drift == "freeze"
    }
    return {table: _fields_of(table, stream, session) for table, stream in frozen.items()}


def _fields_of(table: str, stream: Stream, session: Session) -> dict[str, list[str]]:
    job = session.job
    held: dict[str, set[str]] = {"": set()}
    held |= {code: {*names} for code, names in job.frozen_fields.get(table, {}).items()}
    connector, _, name = table.partition("__")
    if connector == job.connection.connector:
        own = held.setdefault(job.connection.code, set())
        own |= {*session.learned.get(name, ())}
    return {code: sorted(names | {*stream.fields}) for code, names in held.items()}


def _connectors(session: Session) -> list[str]:
    """Whose records the warehouse has. Only before the first publication is it asked for them."""
    found = published_connectors(last_published(session.lake, tenant=session.job.tenant))
    if not found:
        with session.warehouses.open(session.job.tenant) as warehouse:
            found = landed_connectors(warehouse.ledger())
    return sorted(found | {session.connector.name})


def transform_all(work: Work, session: Session) -> list[Node]:
    """
    :raises TransformFailed: naming what failed first
    :raises WarehouseBusy: if others hold the warehouse whenever it is tried
    """
    for _ in range(TRIES - 1):
        try:
            return _transform(work, session)
        except WarehouseBusy:  # dbt does not wait; opening it for the next try does
            continue
    return _transform(work, session)


def _transform(work: Work, session: Session) -> list[Node]:
    tenant, recipe = session.job.tenant, recipe_of(session)
    with session.warehouses.open(tenant) as warehouse:
        warehouse.begin_build(recipe, is_whole=work.full_refresh, at=now())
    nodes = build(
        environment=session.warehouses.dbt_environment(tenant),
        folder=session.dbt_folder,
        connectors=recipe.settings["connectors"].split(","),
        frozen=json.loads(recipe.settings.get("frozen", "{}")),
        tables=work.tables,
        full_refresh=work.full_refresh,
    )
    with session.warehouses.open(tenant) as warehouse:
        warehouse.finish_build(at=now())
    return nodes


def publish_all(work: Work, session: Session) -> str:
    """Export the views and make them the current ones. Gives the publication's id.

    :raises Fenced: if a later run has begun, or has published more
    """
    job, recipe = session.job, recipe_of(session)
    views = published_views(session.dbt_folder)
    folder = session.stream_folder("publication")
    # Held to the end: nobody lands, and so nobody overtakes, between the check and the pointer.
    with session.warehouses.open(job.tenant) as warehouse:
        warehouse.check_fence(connection_id=job.connection.code, fence=job.fence)
        rows = warehouse.export(views={view.name: view.types for view in views}, folder=folder)
        return publish(
            lake=session.lake,
            job=job,
            folder=folder,
            views=views,
            rows=rows,
            streams=warehouse.streams(),
            recipe=recipe,
            landed_through=work.landed_through,
            at=now(),
        )
