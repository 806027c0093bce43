"""What runs used where no account sends a bill for it: measured seconds and bytes, and prices."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeGuard

from django.conf import settings
from django.db.models import F, Q, Sum
from django_scopes import scopes_disabled

from portal.costs.models import NANOS, MeasuredRun
from portal.runs.models import Run
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet

SECONDS_PER_HOUR = 3600
BYTES_PER_GB = 10**9


def prices() -> dict[str, Decimal]:
    """What a unit costs where no rate sheet says it, in `COST_CURRENCY`."""
    return {
        "credit": settings.PRICE_PER_CREDIT,
        "snowflake_tb_month": settings.PRICE_PER_SNOWFLAKE_TB_MONTH,
        "cpu_hour": settings.PRICE_PER_CPU_HOUR,
        "gb_read": settings.PRICE_PER_GB_READ,
        "gb_month": settings.PRICE_PER_GB_MONTH,
    }


def measured_runs(*, days: int, at: datetime) -> list[dict[str, Any]]:
    """Runs on the worker's own disk that ended in the last whole days (UTC), or today so far.

    Each with its `code`, `tenant_code`, `connection_code`, `finished_at`, `steps`, `bytes_read`.
    """
    since = midnight(at) - timedelta(days=days)
    only = Q(engine=Tenant.Engine.DUCKDB, finished_at__gte=since)
    names = ("code", "tenant_code", "connection_code", "finished_at", "steps", "bytes_read")
    with scopes_disabled():  # the platform's books are about all tenants
        found = [*spent_runs().filter(only).values(*names)]
        found += MeasuredRun.objects.filter(only).values(*names)
    return sorted(found, key=lambda run: (run["finished_at"], run["code"]))


def spent_runs() -> QuerySet[Any]:
    """The runs of the tenant in scope that had started and ended, with the names of `MeasuredRun`.

    Those whose connection was removed are `MeasuredRun`s instead.
    """
    ended = Run.objects.filter(
        status__in=Run.ENDED, started_at__isnull=False, finished_at__isnull=False
    )
    return ended.annotate(
        tenant_code=F("tenant__code"),
        connection_code=F("connection__code"),
        bytes_read=Sum("streams__bytes_read", default=0),
    )


def price_of_run(*, steps: dict[str, Any], bytes_read: int) -> int:
    """What a run on the worker's own disk costs at the configured prices, in nanos."""
    cpu = cpu_seconds(steps) * settings.PRICE_PER_CPU_HOUR / SECONDS_PER_HOUR
    read = Decimal(bytes_read) * settings.PRICE_PER_GB_READ / BYTES_PER_GB
    return round((cpu + read) * NANOS)


def cpu_seconds(steps: dict[str, Any]) -> Decimal:
    """A flow may report more about a step than this, or a step without it."""
    said = [step.get("cpu_seconds") for step in steps.values() if isinstance(step, dict)]
    numbers = [each for each in said if _is_number(each) and each > 0]
    return sum((Decimal(str(each)) for each in numbers), Decimal(0))


def _is_number(said: Any) -> TypeGuard[int | float]:
    """Python counts true as one."""
    return isinstance(said, int | float) and not isinstance(said, bool) and isfinite(said)


def midnight(at: datetime) -> datetime:
    """The beginning of its UTC day."""
    return datetime.combine(at.astimezone(UTC).date(), time(), tzinfo=UTC)
