"""Budgets and what is spent of them, with few words. Amounts are in euros."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from portal.costs.budgets import Limits, override_budget, set_budget
from portal.costs.models import Budget
from portal.pipelines.selectors import restraint_of
from portal.tenants.models import Tenant
from tests.portal.ledger_said import euros, line, take

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def spend(tenant: Tenant | None, amount: float, *, day: date = TODAY, **other: Any) -> None:
    """Let the ledger of a day say that this is all that was spent on it."""
    take(line(euros(amount), of=tenant), day=day, at=other.pop("at", NOW), **other)


def bound(tenant: Tenant | None, amount: int = 100, at: datetime = NOW, **steps: Any) -> Budget:
    limits = Limits(Decimal(amount), **steps)
    return set_budget(tenant=tenant, limits=limits, who="olga", at=at, api=None)


def level_of(tenant: Tenant) -> str:
    restraint = restraint_of(tenant)
    return restraint.level if restraint else ""


def override(tenant: Tenant | None, until: datetime, at: datetime = NOW, **other: Any) -> None:
    said = {"reason": "The sale of the year.", "who": "olga", "at": at, "api": None, **other}
    override_budget(tenant=tenant, until=until, **said)
