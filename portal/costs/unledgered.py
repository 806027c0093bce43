"""What ended runs are believed to have cost until the ledger has them.

A budget must not wait for a bill. Too much rather than too little: what is counted twice for a
while is right again when the next ledger arrives.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from statistics import median_low
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, F, Max, Q
from django.db.models.functions import TruncDate
from django_scopes import scopes_disabled

from portal.costs.figures import Period, line_sums, month_of
from portal.costs.measured import midnight, price_of_run, spent_runs
from portal.costs.models import Kind, LedgerDay, MeasuredRun
from portal.runs.models import Run
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet

# A run that ended so shortly before a ledger of its day was last confirmed may not be in it yet:
# Snowflake's own records lag behind.
LATENESS = {
    Tenant.Engine.DUCKDB: timedelta(minutes=10),
    Tenant.Engine.SNOWFLAKE: timedelta(hours=6),
}
# The days whose median says what a run on Snowflake costs.
HISTORY = timedelta(days=30)


def estimates(*, at: datetime, tenants: Iterable[Tenant] | None = None) -> dict[int | None, int]:
    """Nanos by tenant, of the runs that ended in the UTC month of `at` and are in no ledger yet.

    On the worker's own disk what a run was measured to use, at the configured prices. On Snowflake
    the median of what a run of this tenant cost on the last thirty ledgered days; 0 without any.

    :param tenants: all, if left out; also those that are gone, together under None
    """
    with scopes_disabled():  # the platform's books are about all tenants
        asked = list(Tenant.objects.all() if tenants is None else tenants)
        keys = {each.code: each.pk for each in asked}
        whose = Q() if tenants is None else Q(tenant__in=asked)
        embedded = _embedded(whose & _unledgered(Tenant.Engine.DUCKDB, at))
        snowflake = _on_snowflake(whose & _unledgered(Tenant.Engine.SNOWFLAKE, at), at)
    found: dict[int | None, int] = defaultdict(int)
    for code, nanos in [*embedded.items(), *snowflake.items()]:
        found[keys.get(code)] += nanos
    return dict(found)


def _embedded(only: Q) -> dict[UUID, int]:
    """Nanos by the tenant's code."""
    found: dict[UUID, int] = defaultdict(int)
    for runs in (spent_runs(), MeasuredRun.objects.all()):
        rows = runs.filter(only).values_list("tenant_code", "steps", "bytes_read")
        for code, steps, read in rows:
            found[code] += price_of_run(steps=steps, bytes_read=read)
    return dict(found)


def _on_snowflake(only: Q, at: datetime) -> dict[UUID, int]:
    """Nanos by the tenant's code."""
    counts = _counted(only)
    typical = _typical({code for (code,) in counts}, at) if counts else {}
    return {code: typical.get(code, 0) * count for (code,), count in counts.items()}


def _unledgered(engine: Tenant.Engine, at: datetime) -> Q:
    """Which runs on an engine ended after the ledger of their day was last seen, or have none."""
    month = month_of(at.astimezone(UTC).date())
    known = LedgerDay.objects.filter(engine=engine, day__gte=month.first, day__lt=month.end)
    rows = known.order_by().values_list("day").annotate(seen=Max("seen_at"))
    through = {day: seen - LATENESS[engine] for day, seen in rows}
    found = Q(pk__in=[])
    for begin, end in _merged(_gaps(month.days(), through)):
        found |= Q(finished_at__gte=begin, finished_at__lt=end)
    return found & Q(engine=engine, finished_at__lte=at)


def _gaps(
    days: Iterable[date], through: Mapping[date, datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """Of each day what no ledger has: all of it, or what is left after a moment."""
    for day in days:
        begin, end = _begin(day), _begin(day + timedelta(days=1))
        begin = max(begin, through.get(day, begin))
        if begin < end:
            yield begin, end


def _merged(gaps: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Neighbours as one: the database looks for few long ranges rather than for many short ones."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in gaps:
        if found and found[-1][1] == begin:
            begin = found.pop()[0]
        found.append((begin, end))
    return found


def _typical(codes: Collection[UUID], at: datetime) -> dict[UUID, int]:
    """What a run costs: the median over the days. Storage is paid for with or without runs."""
    end = at.astimezone(UTC).date()
    period = Period(end - HISTORY, end)
    only = Q(tenant_code__in=codes, ledger__engine=Tenant.Engine.SNOWFLAKE)
    costs = line_sums(period, "tenant_code", "on", only=only & ~Q(kind=Kind.STORAGE))
    by_code: dict[UUID, list[int]] = defaultdict(list)
    for (code, day), count in _runs_by_day(codes, at).items():
        if (code, day) in costs:
            by_code[code].append(costs[code, day].amount // count)
    return {code: median_low(found) for code, found in by_code.items()}


def _runs_by_day(codes: Collection[UUID], at: datetime) -> Counter[tuple[Any, ...]]:
    """By the tenant's code and the UTC day."""
    end = midnight(at)
    on_snowflake = Q(
        engine=Tenant.Engine.SNOWFLAKE, finished_at__gte=end - HISTORY, finished_at__lt=end
    )
    return _counted(on_snowflake & Q(owner__in=codes), on=TruncDate("finished_at", tzinfo=UTC))


def _counted(only: Q, **by: Any) -> Counter[tuple[Any, ...]]:
    """How many runs there were, by the tenant's code and what else is asked for."""
    started: QuerySet[Any] = Run.objects.filter(status__in=Run.ENDED, started_at__isnull=False)
    found: Counter[tuple[Any, ...]] = Counter()
    for runs, code in ((started, "tenant__code"), (MeasuredRun.objects.all(), "tenant_code")):
        chosen = runs.annotate(owner=F(code), **by).filter(only).order_by()
        for *key, count in chosen.values_list("owner", *by).annotate(count=Count("pk")):
            found[tuple(key)] += count
    return found


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
