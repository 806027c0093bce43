"""Deciding what has to be built, building it, and publishing it if its tests pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.dbt import Node, build, published_views, transforms_version
from flows.publish import Published, last_published, publish, settings_of
from flows.session import Session, now


@dataclass(frozen=True)
class Work:
    """What there is to build. `tables` are the raw tables with something new; none means all."""

    tables: list[str] | None
    full_refresh: bool
    landed_through: datetime


def work_to_do(session: Session) -> Work | None:
    """Nothing, if the last publication already shows all that has landed."""
    tenant = session.job.tenant
    last = last_published(session.lake, tenant=tenant)
    with session.warehouses.open(tenant.code) as warehouse:
        landed_through = warehouse.landed_through()
        if landed_through is None:
            return None
        touched = warehouse.landed_after(last.landed_through) if last else []
    # Where nothing was published, what failed builds left behind may stem from other SQL.
    if last is None or _must_rebuild(last, session):
        return Work(tables=None, full_refresh=True, landed_through=landed_through)
    if not touched:
        return None
    return Work(tables=touched, full_refresh=False, landed_through=landed_through)


def transform_all(work: Work, session: Session) -> list[Node]:
    """:raises TransformFailed: naming what failed first"""
    return build(
        environment=session.warehouses.dbt_environment(session.job.tenant.code),
        folder=session.dbt_folder,
        tables=work.tables,
        full_refresh=work.full_refresh,
    )


def publish_all(work: Work, session: Session) -> str:
    """Export the views and make them the current ones. Gives the publication's id."""
    views = published_views(session.dbt_folder)
    folder = session.stream_folder("publication")
    with session.warehouses.open(session.job.tenant.code) as warehouse:
        rows = warehouse.export(views=[view.name for view in views], folder=folder)
        streams = warehouse.streams()
    return publish(
        lake=session.lake,
        job=session.job,
        folder=folder,
        views=views,
        rows=rows,
        streams=streams,
        transforms=transforms_version(),
        landed_through=work.landed_through,
        at=now(),
    )


def _must_rebuild(last: Published, session: Session) -> bool:
    """Other SQL, or another time zone, gives other rows from the same raw."""
    return last.transforms != transforms_version() or last.settings != settings_of(
        session.job.tenant
    )
