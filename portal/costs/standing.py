"""Where a budget stands: what is spent of it, which step that reaches, and who lifted it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum
from django_scopes import scopes_disabled

from portal.costs.figures import (
    NOTHING,
    Amounts,
    Key,
    Period,
    correction_sums,
    month_of,
    sums,
    total,
)
from portal.costs.models import NANOS, Bill, Budget, BudgetEvent, BudgetOverride
from portal.costs.unledgered import estimates
from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet

# From the mildest to the hardest.
LEVELS = ("", *Restraint.Level.values)


@dataclass(frozen=True)
class Standing:
    """Of one tenant, or the platform, in the UTC month of a moment. Money is in nanos.

    `unledgered` is what ended runs are believed to cost that the ledger does not have yet.
    """

    budget: Budget | None
    ledgered: int
    unledgered: int
    override: BudgetOverride | None

    @property
    def spent(self) -> int:
        return self.ledgered + self.unledgered

    @property
    def per_cent(self) -> Decimal | None:
        if self.budget is None:
            return None
        return Decimal(self.spent) * 100 / (self.budget.amount * NANOS)

    @property
    def level(self) -> str:
        """The step that is reached; empty below the first."""
        if self.budget is None:
            return ""
        reached = [level for at, level in steps_of(self.budget) if self._has_reached(at)]
        return reached[-1] if reached else ""

    def _has_reached(self, at: int | None) -> bool:
        per_cent = self.per_cent
        return at is not None and per_cent is not None and per_cent >= at


def steps_of(budget: Budget) -> list[tuple[int | None, str]]:
    """Per cent and level of each step, from the mildest to the hardest."""
    return [
        (budget.warn_at, Restraint.Level.WARNED),
        (budget.slow_at, Restraint.Level.SLOWED),
        (budget.skip_analytics_at, Restraint.Level.WITHOUT_ANALYTICS),
        (budget.pause_at, Restraint.Level.PAUSED),
    ]


def budget_of(tenant: Tenant | None) -> Budget | None:
    """
    :param tenant: None for the budget of the platform
    """
    with scopes_disabled():  # whose it is, is named in the call
        return Budget.objects.select_related("tenant").filter(tenant=tenant).first()  # one at most


def override_of(tenant: Tenant | None, *, at: datetime) -> BudgetOverride | None:
    """The one that is in force."""
    with scopes_disabled():  # whose it is, is named in the call
        return overrides(at=at).filter(tenant=tenant).first()


def overrides(*, at: datetime) -> QuerySet[BudgetOverride]:
    """Those in force of the tenant in scope, the newest first."""
    found: QuerySet[BudgetOverride] = BudgetOverride.objects.filter(ended_at=None, until__gt=at)
    return found.order_by("-pk")


def events(tenant: Tenant | None = None) -> QuerySet[BudgetEvent]:
    """The audit, newest first: a tenant's, or everybody's in scope."""
    found: QuerySet[BudgetEvent] = BudgetEvent.objects.select_related("tenant").order_by("-pk")
    return found if tenant is None else found.filter(tenant=tenant)


def standing(*, tenant: Tenant | None, at: datetime) -> Standing:
    """With or without a budget."""
    found = _standings([tenant], at)
    return found[tenant.pk if tenant else None]


def standings(*, at: datetime, of: Tenant | None = None) -> dict[int | None, Standing]:
    """Of everybody who has a budget, by tenant; the platform's under None.

    :param of: this tenant alone
    """
    with scopes_disabled():  # the platform watches all tenants
        holders = [budget.tenant for budget in budgets_of(None if of is None else [of])]
    return _standings(holders, at) if holders else {}


def budgets_of(holders: Iterable[Tenant | None] | None) -> QuerySet[Budget]:
    """
    :param holders: None among them asks for the platform's; all, if there are none
    """
    found: QuerySet[Budget] = Budget.objects.select_related("tenant")
    if holders is None:
        return found
    asked = list(holders)
    own = Q(tenant__in=[each for each in asked if each is not None])
    return found.filter(own | Q(tenant=None) if None in asked else own)


def _standings(holders: Iterable[Tenant | None], at: datetime) -> dict[int | None, Standing]:
    asked = list(holders)
    tenants = [each for each in asked if each is not None]
    month = month_of(at.astimezone(UTC).date())
    waiting = estimates(at=at, tenants=None if None in asked else tenants)
    with scopes_disabled():  # who is asked for is named in the call
        budgets = {each.tenant_id: each for each in budgets_of(asked)}
        lifted = {each.tenant_id: each for each in reversed(overrides(at=at))}  # the newest
        spent = _spent(tenants, month)
        found: dict[int | None, Standing] = {
            each.pk: Standing(
                budgets.get(each.pk),
                spent.get((each.pk,), NOTHING).amount,
                waiting.get(each.pk, 0),
                lifted.get(each.pk),
            )
            for each in tenants
        }
        if None in asked:
            everything = _spent_by_all(month)
            found[None] = Standing(
                budgets.get(None), everything, sum(waiting.values()), lifted.get(None)
            )
    return found


def _spent(tenants: list[Tenant], month: Period) -> dict[Key, Amounts]:
    return sums(month, "tenant_id", only=Q(tenant__in=tenants)) if tenants else {}


def _spent_by_all(month: Period) -> int:
    """The bills say it with few rows: lines sum to them."""
    billed = Bill.objects.filter(
        ledger__is_current=True, ledger__day__gte=month.first, ledger__day__lt=month.end
    )
    amount = billed.aggregate(sum=Sum("amount_nanos"))["sum"] or 0
    return int(amount) + total(correction_sums(month, "unit").values()).amount
