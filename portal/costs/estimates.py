"""What is estimated of the installation's own costs: it fetches the figures and has them judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef
from django_scopes import scopes_disabled

from portal.connections.models import Connection, Schedule
from portal.connections.services import checked_schedule
from portal.costs.advice import Advice, all_advice
from portal.costs.cost_days import cost_days
from portal.costs.forecast import HISTORY, Forecast, month_forecast
from portal.costs.ledger_days import (
    ByDay,
    Days,
    costs_by_tenant,
    costs_of_all,
    days_by_engine,
    days_of_all,
    posted_by_tenant,
)
from portal.costs.run_days import CostDay
from portal.costs.schedule_price import (
    LEAST_DAYS,
    REMEMBERED,
    REMEMBERED_OF_PEERS,
    SchedulePrice,
    next_month,
    price,
)
from portal.costs.unledgered import estimates as unledgered_runs
from portal.costs.uses import connection_uses, warehouse_uses
from portal.pipelines.desired import Timing
from portal.runs.models import Run
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenants

# More would hardly tell more.
MOST_PEERS = 25


def tenant_forecast(*, tenant: Tenant, at: datetime) -> Forecast:
    """What this month will have cost for a tenant."""
    return _forecasts(at, of=[tenant])[tenant.pk]


def tenant_forecasts(*, at: datetime) -> dict[int, Forecast]:
    """The same for all tenants, by their keys."""
    return _forecasts(at)


def platform_forecast(*, at: datetime) -> Forecast:
    """What this month will have cost altogether, whoever causes it."""
    today = at.astimezone(UTC).date()
    since = history_begin(today)
    days = days_of_all(list(days_by_engine(since=since, today=today).values()))
    return _forecast(
        days,
        costs_of_all(since=since, today=today),
        today=today,
        posted=sum(posted_by_tenant(today=today).values()),
        unledgered=sum(unledgered_runs(at=at).values()),
    )


def history_begin(today: date) -> date:
    return min(today - HISTORY, today.replace(day=1))


def _forecasts(at: datetime, *, of: list[Tenant] | None = None) -> dict[int, Forecast]:
    today = at.astimezone(UTC).date()
    since = history_begin(today)
    engines = days_by_engine(since=since, today=today)
    keys = None if of is None else [tenant.pk for tenant in of]
    costs = costs_by_tenant(since=since, today=today, of=keys)
    posted = posted_by_tenant(today=today)
    unledgered = unledgered_runs(at=at, tenants=of)
    return {
        tenant.pk: _forecast(
            _days_of(tenant, engines, costs.get(tenant.pk, {})),
            costs.get(tenant.pk, {}),
            today=today,
            posted=posted.get(tenant.pk, 0),
            unledgered=unledgered.get(tenant.pk, 0),
        )
        for tenant in (tenants() if of is None else of)
    }


def _days_of(tenant: Tenant, engines: Mapping[str, Days], costs: ByDay) -> Days:
    """From the first day that it cost something; before, it had not begun."""
    days = engines.get(tenant.engine, Days())
    begin = min(costs, default=tenant.created_at.astimezone(UTC).date())
    before_it_moved = frozenset(costs) - days.known
    whole = frozenset().union(*(each.whole for each in engines.values())) & before_it_moved
    return Days(
        frozenset(day for day in days.whole | whole if day >= begin),
        frozenset(day for day in days.open | (before_it_moved - whole) if day >= begin),
    )


def _forecast(
    days: Days, costs: Mapping[date, int], *, today: date, posted: int, unledgered: int
) -> Forecast:
    return month_forecast(
        days={day: costs.get(day, 0) for day in days.whole},
        so_far={day: costs.get(day, 0) for day in days.open},
        today=today,
        posted=posted,
        unledgered=unledgered,
    )


def schedule_price(
    *,
    connection: Connection,
    kind: str,
    cron: str = "",
    interval_minutes: int | None = None,
    at: datetime,
    least_others: int = 1,
) -> SchedulePrice:
    """What the connection would cost with this schedule in the next whole month.

    :param least_others: of how many other tenants there must be peers, if any is to count: who may
        not see their costs must not see one through this
    :raises Refused: if the cron expression or the interval is not usable
    """
    asked = checked_schedule(kind=kind, cron=cron, interval_minutes=interval_minutes)
    zone = connection.tenant.time_zone
    of_tenant = cost_days(at=at, back=REMEMBERED, of=[connection.tenant_id])
    own = of_tenant.get(connection.pk, [])
    return price(
        timing=_timing(zone=zone, **asked),
        month=next_month(at.astimezone(ZoneInfo(zone)).date()),
        own=own,
        peers={} if len(own) >= LEAST_DAYS else _peers(connection, at, least_others),
    )


def _peers(connection: Connection, at: datetime, least_others: int) -> dict[int, list[CostDay]]:
    tenant_of = _alike(connection, since=at - REMEMBERED_OF_PEERS)
    days = cost_days(at=at, back=REMEMBERED_OF_PEERS, of=set(tenant_of.values()))
    found = {peer: days[peer] for peer in tenant_of if peer in days}
    others = {tenant_of[peer] for peer in found} - {connection.tenant_id}
    if len(others) >= least_others:
        return found
    return {peer: its for peer, its in found.items() if tenant_of[peer] == connection.tenant_id}


def _alike(connection: Connection, *, since: datetime) -> dict[int, int]:
    """The newest others with the same connector and engine that have run, with their tenants."""
    with scopes_disabled():  # all tenants' are compared
        has_run = Run.objects.filter(
            connection=OuterRef("pk"),
            engine=connection.tenant.engine,
            started_at__isnull=False,
            finished_at__gte=since,
        )
        found = Connection.objects.filter(
            Exists(has_run),
            connector=connection.connector,
            tenant__engine=connection.tenant.engine,
        ).exclude(pk=connection.pk)
        return dict(found.order_by("-pk").values_list("pk", "tenant_id")[:MOST_PEERS])


def _timing(*, zone: str, kind: str, cron: str, interval_minutes: int | None) -> Timing | None:
    match kind:
        case Schedule.Kind.CRON:
            return Timing(cron=cron, time_zone=zone)
        case Schedule.Kind.INTERVAL:
            return Timing(interval_seconds=60.0 * (interval_minutes or 0), time_zone=zone)
        case _:
            return None


def advice(
    *,
    at: datetime,
    warehouses: Sequence[Mapping[str, Any]] = (),
    tails: Mapping[str, Sequence[int]] | None = None,
) -> list[Advice]:
    """What could cost less, by what was spent in the last 30 days.

    :param warehouses: as the account's state has them, with name, size and suspend_seconds
    :param tails: for how many milliseconds each query of a warehouse kept it up, by its name
    """
    today = at.astimezone(UTC).date()
    return all_advice(
        warehouses=warehouse_uses(today=today, seen=warehouses, tails=tails or {}),
        connections=connection_uses(at=at),
        today=today,
        currency=settings.COST_CURRENCY,
    )
