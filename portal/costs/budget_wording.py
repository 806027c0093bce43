"""What budgets say: to members of a tenant, to operators, in alerts and in the audit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from portal.costs.models import NANOS, Budget
from portal.costs.standing import Standing, steps_of
from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from portal.costs.budgets import Limits

EFFECTS = {
    Restraint.Level.WARNED: "Runs go on as planned",
    Restraint.Level.SLOWED: "Runs start once a day at most",
    Restraint.Level.WITHOUT_ANALYTICS: (
        "Data arrives once a day at most, and the figures are not renewed"
    ),
    Restraint.Level.PAUSED: "No runs start",
}
WHO_ACTS = "The operator can raise the budget, or let runs go on for a while."
HAPPENED = {
    "": "within its budget again",
    Restraint.Level.WARNED: "close to its budget",
    Restraint.Level.SLOWED: "slowed by its budget",
    Restraint.Level.WITHOUT_ANALYTICS: "without analytics by its budget",
    Restraint.Level.PAUSED: "paused by its budget",
}


def reason(budget: Budget, at: datetime) -> str:
    """For everybody of a tenant: what the whole platform costs is not in it."""
    effect = EFFECTS[Restraint.Level(budget.level)]
    return f"{effect}: {_cause(budget, budget.level, at)}. {WHO_ACTS}"


def step(budget: Budget, level: str, at: datetime) -> str:
    """For the audit."""
    if not level:
        return f"Below all steps of the budget for {at.astimezone(UTC):%B %Y}."
    return f"{EFFECTS[Restraint.Level(level)]}: {_cause(budget, level, at)}."


def limits(said: Limits) -> str:
    """For the audit."""
    steps = (
        ("warns", said.warn_at),
        ("slows", said.slow_at),
        ("leaves analytics out", said.skip_analytics_at),
        ("pauses", said.pause_at),
    )
    taken = ", ".join(f"{what} at {at} %" for what, at in steps if at is not None)
    return f"{money(said.amount)} a month; {taken or 'nothing happens'}."


def subject(budget: Budget, level: str) -> str:
    """Of ASCII characters."""
    return f"Mercurios: {whose(budget.tenant)} is {HAPPENED[level]}"


def text(standing: Standing, level: str, at: datetime) -> str:
    budget = standing.budget
    assert budget is not None, "a step is one of a budget"  # noqa: S101 - for the type checker
    spent = Decimal(standing.spent) / NANOS
    estimated = Decimal(standing.unledgered) / NANOS
    lines = [
        f"Whose budget: {whose(budget.tenant)}",
        f"What happened: {step(budget, level, at)}",
        f"Spent: {money(spent)} of {money(budget.amount)} ({standing.per_cent:.0f} %), of that"
        f" {money(estimated)} estimated for runs that the ledger does not have yet",
        f"Who must act: {'the operator' if level else 'nobody'}",
    ]
    if budget.tenant is not None:
        path = reverse("admin:tenants_tenant_change", args=[budget.tenant.pk])
        lines.append(f"Tenant: {settings.PUBLIC_URL}{path}")
    return "\n".join([*lines, ""])


def whose(tenant: Tenant | None) -> str:
    return tenant.slug if tenant else "the platform"


def money(amount: Decimal) -> str:
    return f"{amount:,.2f} {settings.COST_CURRENCY}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _cause(budget: Budget, level: str, at: datetime) -> str:
    month = f"{at.astimezone(UTC):%B %Y}"
    per_cent = {name: percent for percent, name in steps_of(budget)}[level]
    if budget.tenant is None:
        return f"the platform as a whole has reached {per_cent} % of its budget for {month}"
    return f"costs have reached {per_cent} % of the budget of {money(budget.amount)} for {month}"
