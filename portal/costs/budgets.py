"""Budgets: setting them, lifting them for a while, and letting them act before a run starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django_scopes import scopes_disabled

from portal.alerts.models import Alert
from portal.alerts.services import raise_notice
from portal.costs import budget_wording as wording
from portal.costs.models import Budget, BudgetEvent, BudgetOverride
from portal.costs.restraining import restrain
from portal.costs.standing import Standing, budget_of, standings
from portal.lib.errors import Refused
from portal.pipelines.onboarding import converge_tenant
from portal.pipelines.prefect import PrefectApi
from portal.tenants.models import Tenant
from portal.tenants.services import hold_tenant

# Who acts where nobody did.
THE_BUDGET = "the budget"
MOST = Decimal(10) ** 12
LARGEST_STEP = 1000
LONGEST_OVERRIDE = timedelta(days=62)


@dataclass(frozen=True)
class Limits:
    """What a month may cost, and at how many per cent of it something happens; None for never."""

    amount: Decimal
    warn_at: int | None = 75
    slow_at: int | None = 90
    skip_analytics_at: int | None = 100
    pause_at: int | None = 120

    @property
    def steps(self) -> list[int]:
        named = (self.warn_at, self.slow_at, self.skip_analytics_at, self.pause_at)
        return [each for each in named if each is not None]


def set_budget(
    *, tenant: Tenant | None, limits: Limits, who: str, at: datetime, api: PrefectApi | None
) -> Budget:
    """Bound what a tenant may cost in a month, or the platform as a whole. It acts at once.

    :param tenant: None for the platform
    :raises Refused: if the amount or the steps make no sense
    """
    check_limits(limits)
    with transaction.atomic(), scopes_disabled():  # whose it is, is named in the call
        Budget.objects.update_or_create(tenant=tenant, defaults=asdict(limits))
        _note(tenant, BudgetEvent.What.SET, wording.limits(limits), who=who, at=at)
    apply_budgets(at=at, api=api, tenant=tenant)
    budget = budget_of(tenant)
    if budget is None:
        raise Refused("The budget was removed meanwhile. Set it again.")
    return budget


def remove_budget(*, tenant: Tenant | None, who: str, at: datetime, api: PrefectApi | None) -> None:
    """Nothing is held back any more because of it.

    :raises Refused: if there is none
    """
    with transaction.atomic(), scopes_disabled():  # whose it is, is named in the call
        if not Budget.objects.filter(tenant=tenant).delete()[0]:
            raise Refused(f"There is no budget of {wording.whose(tenant)}.")
        _note(tenant, BudgetEvent.What.REMOVED, "The budget was removed.", who=who, at=at)
    apply_budgets(at=at, api=api, tenant=tenant)


def override_budget(
    *,
    tenant: Tenant | None,
    until: datetime,
    reason: str,
    who: str,
    at: datetime,
    api: PrefectApi | None,
) -> BudgetOverride:
    """Let runs go on until a moment, whatever the budget says; an earlier override ends.

    :raises Refused: if the moment is past or far away, or nobody said why
    """
    if not at < until <= at + LONGEST_OVERRIDE:
        raise Refused(f"Choose an end within the next {LONGEST_OVERRIDE.days} days.", field="until")
    if not reason.strip():
        raise Refused("Say why runs shall go on.", field="reason")
    with transaction.atomic(), scopes_disabled():  # whose it is, is named in the call
        _hold(tenant)  # of two at once the later one ends the other's
        for each in BudgetOverride.objects.filter(tenant=tenant, ended_at=None):
            _end(each, who, at)
        override: BudgetOverride = BudgetOverride.objects.create(
            tenant=tenant, until=until, reason=reason.strip(), who=who, at=at
        )
        said = f"Lifted until {wording.moment(until)}: {override.reason}"
        _note(tenant, BudgetEvent.What.OVERRIDDEN, said, who=who, at=at)
    apply_budgets(at=at, api=api, tenant=tenant)
    return override


def end_override(*, tenant: Tenant | None, who: str, at: datetime, api: PrefectApi | None) -> None:
    """What the budget says holds again.

    :raises Refused: if none is in force
    """
    with scopes_disabled():  # whose it is, is named in the call
        running = BudgetOverride.objects.filter(tenant=tenant, ended_at=None, until__gt=at)
        if not sum(_end(each, who, at) for each in running):
            raise Refused(f"No override of the budget of {wording.whose(tenant)} is in force.")
    apply_budgets(at=at, api=api, tenant=tenant)


def apply_budgets(
    *, at: datetime, api: PrefectApi | None = None, tenant: Tenant | None = None
) -> list[Tenant]:
    """Look what is spent, note which steps are reached, and hold tenants back accordingly.

    Doing it twice is harmless. A Prefect that does not answer is told by the reconciler.

    :param api: None leaves all deployments to the reconciler
    :param tenant: look at this one alone, as before one of its runs starts: for the platform's
        budget goes the step that was last noted, as to sum up everybody's runs takes a while
    :return: whose restraint changed
    """
    with scopes_disabled():  # the platform watches all tenants
        for override in BudgetOverride.objects.filter(ended_at=None, until__lte=at):
            _end(override, THE_BUDGET, at)
        for standing in standings(at=at, of=tenant).values():
            _note_level(standing, at)
        changed = restrain(at=at, only=tenant)
    if api is not None:
        for each in changed:
            converge_tenant(tenant=each, api=api, at=at)
    return changed


def _note_level(standing: Standing, at: datetime) -> None:
    """Two who see it at the same moment write one line, and tell it once."""
    budget, level = standing.budget, standing.level
    if budget is None or budget.level == level:
        return
    with transaction.atomic():
        row = Budget.objects.filter(pk=budget.pk, level=budget.level)
        if not row.update(level=level):
            return
        said = wording.step(budget, level, at)
        event = _note(
            budget.tenant, BudgetEvent.What.LEVEL, said, who=THE_BUDGET, at=at, level=level
        )
        raise_notice(
            kind=Alert.Kind.BUDGET,
            about=f"budget event {event.pk}",
            subject=wording.subject(budget, level),
            text=wording.text(standing, level, at),
            at=at,
            tenant=budget.tenant,
        )


def _hold(tenant: Tenant | None) -> None:
    """Others who lift the same budget wait for the end of the transaction.

    :raises Refused: if the tenant was removed meanwhile
    """
    if tenant is not None:
        hold_tenant(tenant)
    else:  # without a budget there is nothing to be lifted twice
        list(Budget.objects.select_for_update(no_key=True).filter(tenant=None))


def _end(override: BudgetOverride, who: str, at: datetime) -> bool:
    """Whether this call has ended it."""
    with transaction.atomic():
        row = BudgetOverride.objects.filter(pk=override.pk, ended_at=None)
        if not row.update(ended_at=min(at, override.until)):
            return False
        said = "The override has ended: the budget holds again."
        _note(override.tenant, BudgetEvent.What.OVERRIDE_ENDED, said, who=who, at=at)
    return True


def _note(
    tenant: Tenant | None, what: str, said: str, *, who: str, at: datetime, level: str = ""
) -> BudgetEvent:
    event: BudgetEvent = BudgetEvent.objects.create(
        tenant=tenant,
        tenant_slug=tenant.slug if tenant else "",
        what=what,
        level=level,
        said=said,
        who=who,
        at=at,
    )
    return event


def check_limits(limits: Limits) -> None:
    """:raises Refused: if the amount or the steps make no sense"""
    amount, steps = limits.amount, limits.steps
    if not amount.is_finite() or not 0 < amount < MOST or amount != round(amount, 2):
        raise Refused(
            f"Write the budget as an amount of {settings.COST_CURRENCY} above zero, with two"
            " decimals at most.",
            field="amount",
        )
    if any(not 1 <= each <= LARGEST_STEP for each in steps) or steps != sorted(steps):
        raise Refused(
            "The steps are per cent that do not fall from warning to pausing,"
            f" from 1 to {LARGEST_STEP}.",
            field="warn_at",
        )
