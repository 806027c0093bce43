"""Adding up what tenants used. Saying it again gives the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django_scopes import scopes_disabled

from portal.costs.models import DailyUsage
from portal.runs.models import Run, StreamResult
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenants

# Nights that were missed are made up for, and runs that were settled late are counted.
DAYS_BACK = 7
SECONDS_PER_HOUR = 3600
BYTES_PER_GB = 10**9


def roll_up(*, day: date, at: datetime) -> list[DailyUsage]:
    """Add up one day of every tenant, each in its own time zone. Days without a run get no row."""
    done = [roll_up_tenant(tenant=tenant, day=day, at=at) for tenant in tenants()]
    return [usage for usage in done if usage is not None]


def roll_up_recent(*, at: datetime, bytes_stored: Mapping[UUID, int]) -> list[DailyUsage]:
    """Add up the last days of every tenant, up to its yesterday.

    :param bytes_stored: by tenant code, as measured just now; it belongs to yesterday
    """
    done = []
    for tenant in tenants():
        today = at.astimezone(ZoneInfo(tenant.time_zone)).date()
        for back in range(DAYS_BACK, 0, -1):
            stored = bytes_stored.get(tenant.code) if back == 1 else None
            day = today - timedelta(days=back)
            done.append(roll_up_tenant(tenant=tenant, day=day, at=at, bytes_stored=stored))
    return [usage for usage in done if usage is not None]


def roll_up_tenant(
    *, tenant: Tenant, day: date, at: datetime, bytes_stored: int | None = None
) -> DailyUsage | None:
    """Add up one day of one tenant. A run belongs to the day it ended: what it used is known then.

    :param bytes_stored: if it was measured; otherwise what is known of the day stays
    """
    with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
        earlier = DailyUsage.objects.filter(tenant=tenant, day=day)
        begin, end = _bounds(day, ZoneInfo(tenant.time_zone))
        runs = Run.objects.filter(tenant=tenant, finished_at__gte=begin, finished_at__lt=end)
        steps = list(runs.values_list("steps", flat=True))
        if not steps and bytes_stored is None and not earlier.exists():
            return None
        read = StreamResult.objects.filter(run__in=runs).aggregate(total=Sum("bytes_read"))
        cpu_seconds = sum((_cpu_seconds(each) for each in steps), Decimal(0))
        bytes_read = read["total"] or 0
        measured = {} if bytes_stored is None else {"bytes_stored": bytes_stored}
        usage: DailyUsage
        usage, _ = DailyUsage.objects.update_or_create(
            tenant=tenant,
            day=day,
            defaults={
                "runs": len(steps),
                "cpu_seconds": cpu_seconds,
                "bytes_read": bytes_read,
                "cost": cost_of(cpu_seconds=cpu_seconds, bytes_read=bytes_read),
                "currency": settings.COST_CURRENCY,
                "rolled_up_at": at,
                **measured,
            },
        )
    return usage


def cost_of(*, cpu_seconds: Decimal, bytes_read: int) -> Decimal:
    """At the prices of the settings, rounded half up to a millionth."""
    cpu = cpu_seconds * settings.PRICE_PER_CPU_HOUR / SECONDS_PER_HOUR
    read = bytes_read * settings.PRICE_PER_GB_READ / BYTES_PER_GB
    return Decimal(cpu + read).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def _bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day has 23 or 25 hours where the clocks change."""
    begin = datetime.combine(day, time(), tzinfo=zone)
    return begin, datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def _cpu_seconds(steps: dict[str, Any]) -> Decimal:
    """A flow may report more about a step than this, or a step without it."""
    said = [step.get("cpu_seconds") for step in steps.values() if isinstance(step, dict)]
    numbers = [each for each in said if isinstance(each, int | float) and each > 0]
    return sum((Decimal(str(each)) for each in numbers), Decimal(0)).quantize(Decimal("0.001"))
