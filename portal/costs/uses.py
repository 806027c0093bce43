"""What advice is told from: how warehouses and connections were used in the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.costs.advice import WINDOW, ConnectionUse, WarehouseUse
from portal.costs.cost_days import cost_days
from portal.costs.figures import Period, line_sums
from portal.costs.ledger_days import Days, days_by_engine
from portal.costs.models import Kind
from portal.costs.readings import last_readings, noted_since
from portal.pipelines.counting import start_seconds
from portal.pipelines.desired import is_paused, timing_of
from portal.pipelines.models import Pipeline
from portal.tenants.models import Tenant

WORKING = frozenset({Kind.DIRECT, Kind.OVERLAP})
# Starts are counted in the four weeks to come: each weekday comes as often as the others.
COUNTED = timedelta(weeks=4)


def warehouse_uses(
    *,
    today: date,
    seen: Sequence[Mapping[str, Any]],
    tails: Mapping[str, Sequence[int]],
) -> list[WarehouseUse]:
    """
    :param seen: warehouses of the account, with name, size and suspend_seconds
    :param tails: for how many milliseconds each query of a warehouse kept it up, by its name
    """
    since = today - WINDOW
    days = days_by_engine(since=since, today=today).get(Tenant.Engine.SNOWFLAKE, Days()).whole
    only = ~Q(warehouse="") & Q(kind__in=WORKING | {Kind.IDLE})
    direct: dict[str, int] = {}
    idle: dict[str, int] = {}
    for (name, kind, on), sums in line_sums(
        Period(since, today), "warehouse", "kind", "on", only=only
    ).items():
        if on in days:
            part = direct if kind in WORKING else idle
            part[name] = part.get(name, 0) + sums.amount
    by_name = {str(each.get("name")): each for each in seen}
    return [
        WarehouseUse(
            name=name,
            days=len(days),
            direct=direct.get(name, 0),
            idle=idle.get(name, 0),
            size=str(by_name.get(name, {}).get("size") or ""),
            suspend_seconds=by_name.get(name, {}).get("suspend_seconds"),
            tails=tails.get(name, ()),
        )
        for name in sorted({*direct, *idle})
    ]


def connection_uses(*, at: datetime) -> list[ConnectionUse]:
    """The connections that run by themselves, of all tenants."""
    costs = cost_days(at=at, back=WINDOW)
    last, since = last_readings(), noted_since()
    return [
        ConnectionUse(
            path=str(connection),
            tenant_id=connection.tenant_id,
            connection_id=connection.pk,
            starts_per_day=_starts_per_day(connection, at),
            days=costs.get(connection.pk, []),
            last_read=last.get(connection.tenant_id),
            read_since=max(since, _day(connection.tenant.created_at)) if since else None,
        )
        for connection in _scheduled()
    ]


def _scheduled() -> list[Connection]:
    with scopes_disabled():  # all tenants are asked for
        found = Pipeline.objects.select_related(
            "connection__schedule", "connection__tenant__restraint"
        ).order_by("pk")
        return [pipeline.connection for pipeline in found if not is_paused(pipeline)]


def _starts_per_day(connection: Connection, at: datetime) -> float:
    timing = timing_of(connection)
    if timing is None:
        return 0.0
    begin = at.astimezone(ZoneInfo(timing.time_zone)).date()
    starts = start_seconds(timing, begin=begin, end=begin + COUNTED)
    return len(starts) / COUNTED.days


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
