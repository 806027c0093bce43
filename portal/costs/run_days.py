"""What a connection's runs cost by day: its share of what its tenant cost.

The ledger of a day says what a tenant cost, not which of its connections. What varies with runs is
shared among those of the day by how long they took.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncDate
from django_scopes import scopes_disabled

from portal.costs.ledger_days import ByDay
from portal.costs.models import Kind
from portal.runs.models import Run, StreamResult

if TYPE_CHECKING:
    from django.db.models import QuerySet

# What there would be nothing of without runs.
OF_RUNS = frozenset({Kind.DIRECT, Kind.OVERLAP, Kind.IDLE, Kind.CLOUD_SERVICES, Kind.READING})


@dataclass(frozen=True)
class RunDay:
    """A connection's runs that ended on a UTC day; `seconds` is how long they took together.

    `empty` are those that completed and found nothing new or changed.
    """

    connection: int
    tenant: int
    day: date
    runs: int
    seconds: float
    empty: int = 0
    empty_seconds: float = 0.0


@dataclass(frozen=True)
class CostDay:
    """What the runs of a day cost together, in billionths of money."""

    day: date
    runs: int
    seconds: float
    cost: int
    empty: int = 0
    empty_cost: int = 0

    @property
    def per_run(self) -> int:
        return self.cost // self.runs


def run_days(*, begin: date, end: date, of: Collection[int] | None = None) -> list[RunDay]:
    """
    :param end: is no longer part of it
    :param of: keys of the tenants that are asked for; all of them otherwise
    """
    with scopes_disabled():  # the caller says whose
        ended = Run.objects.filter(
            Q() if of is None else Q(tenant__in=of),
            status__in=Run.ENDED,
            started_at__isnull=False,
            finished_at__gte=_midnight(begin),
            finished_at__lt=_midnight(end),
        )
        rows = _grouped(ended)
        return [
            RunDay(
                connection=row["connection_id"],
                tenant=row["tenant_id"],
                day=row["on"],
                runs=row["runs"],
                seconds=_seconds(row["taken"]),
                empty=row["empty"],
                empty_seconds=_seconds(row["taken_empty"]),
            )
            for row in rows
        ]


def shared(costs: Mapping[int, ByDay], runs: Iterable[RunDay]) -> dict[int, list[CostDay]]:
    """The days of each connection, in order; only those that `costs` has of its tenant.

    :param costs: by tenant
    """
    together: dict[tuple[int, date], list[RunDay]] = defaultdict(list)
    for each in runs:
        together[each.tenant, each.day].append(each)
    days: dict[int, list[CostDay]] = defaultdict(list)
    for (tenant, day), of_day in sorted(together.items()):
        cost = costs.get(tenant, {}).get(day)
        if cost is not None:
            for each, part in zip(of_day, _parts(max(cost, 0), of_day), strict=True):
                days[each.connection].append(part)
    return days


def _parts(cost: int, of_day: list[RunDay]) -> list[CostDay]:
    """By the time that runs took, and by their number where they took none."""
    is_timed = sum(each.seconds for each in of_day) > 0
    weights = [_thousandths(each.seconds) if is_timed else each.runs for each in of_day]
    empties = [_thousandths(each.empty_seconds) if is_timed else each.empty for each in of_day]
    whole = max(sum(weights), 1)
    return [
        CostDay(
            day=each.day,
            runs=each.runs,
            seconds=each.seconds,
            cost=cost * weight // whole,
            empty=each.empty,
            empty_cost=cost * empty // whole,
        )
        for each, weight, empty in zip(of_day, weights, empties, strict=True)
    ]


def _thousandths(seconds: float) -> int:
    return round(1000 * seconds)


def _grouped(ended: QuerySet[Run]) -> Iterable[Any]:
    news = StreamResult.objects.filter(run=OuterRef("pk")).filter(Q(new__gt=0) | Q(changed__gt=0))
    is_empty = Q(status=Run.Status.COMPLETED, has_news=False)
    return (
        ended.annotate(
            on=TruncDate("finished_at", tzinfo=UTC),
            took=F("finished_at") - F("started_at"),
            has_news=Exists(news),
        )
        .order_by()
        .values("connection_id", "tenant_id", "on")
        .annotate(
            runs=Count("pk"),
            taken=Sum("took"),
            empty=Count("pk", filter=is_empty),
            taken_empty=Sum("took", filter=is_empty),
        )
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _seconds(taken: timedelta | None) -> float:
    return max(taken.total_seconds(), 0.0) if taken else 0.0
