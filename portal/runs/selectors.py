"""Reading runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.runs.models import Run

if TYPE_CHECKING:
    from django.db.models import QuerySet

BAD_ENDS = frozenset({Run.Status.FAILED, Run.Status.CRASHED, Run.Status.PARTIAL})


@dataclass(frozen=True)
class Totals:
    """The records of all streams of a run."""

    extracted: int
    new: int
    changed: int
    unchanged: int
    rejected: int


def runs() -> QuerySet[Run]:
    """The runs of the tenant in scope, newest first."""
    found: QuerySet[Run] = Run.objects.select_related("tenant", "connection", "connection__tenant")
    return found.prefetch_related("streams").order_by("-requested_at", "-pk")


def latest_run(connection: Connection) -> Run | None:
    with scopes_disabled():  # the connection is named in the call
        return runs().filter(connection=connection).first()


def totals_of(run: Run) -> Totals:
    """
    :param run: from `runs`, which has fetched its streams already
    """
    streams = list(run.streams.all())
    return Totals(
        extracted=sum(each.extracted for each in streams),
        new=sum(each.new for each in streams),
        changed=sum(each.changed for each in streams),
        unchanged=sum(each.unchanged for each in streams),
        rejected=sum(each.rejected for each in streams),
    )


def duration_of(run: Run) -> float | None:
    """Seconds from start to end, for a run that has both."""
    if run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()


def with_latest_run(connections: QuerySet[Connection]) -> QuerySet[Any]:
    """Adds `latest_run_id`, `latest_run_status` and `latest_run_at`; nothing where none has run."""
    latest = Run.objects.filter(connection=OuterRef("pk")).order_by("-requested_at", "-pk")
    return connections.annotate(
        latest_run_id=Subquery(latest.values("pk")[:1]),
        latest_run_status=Subquery(latest.values("status")[:1]),
        latest_run_at=Subquery(latest.values("requested_at")[:1]),
    )


def failing_connections() -> QuerySet[Any]:
    """The connections of the tenant in scope whose latest run did not end well, with that run."""
    found = with_latest_run(Connection.objects.select_related("tenant"))
    return found.filter(latest_run_status__in=BAD_ENDS).order_by("tenant__slug", "name")
