"""Reading usage and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from portal.costs.models import DailyUsage

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class UsageSum:
    """Costs in different currencies are never added."""

    currency: str
    runs: int
    cpu_seconds: Decimal
    bytes_read: int
    cost: Decimal


def daily_usage() -> QuerySet[DailyUsage]:
    """The usage of the tenant in scope, newest day first."""
    return DailyUsage.objects.select_related("tenant").order_by("-day", "tenant__slug")


def sums_of(usage: QuerySet[DailyUsage]) -> list[UsageSum]:
    """The sums over some days, one for each currency."""
    found = (
        usage.order_by("currency")
        .values("currency")
        .annotate(
            sum_runs=Sum("runs"),
            sum_cpu_seconds=Sum("cpu_seconds"),
            sum_bytes_read=Sum("bytes_read"),
            sum_cost=Sum("cost"),
        )
    )
    return [
        UsageSum(
            currency=row["currency"],
            runs=row["sum_runs"],
            cpu_seconds=row["sum_cpu_seconds"],
            bytes_read=row["sum_bytes_read"],
            cost=row["sum_cost"],
        )
        for row in found
    ]
