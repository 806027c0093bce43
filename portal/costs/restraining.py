"""From budgets to what a tenant's pipelines may do: the harder of its own and the platform's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from portal.costs import budget_wording as wording
from portal.costs.models import Budget
from portal.costs.standing import LEVELS, budgets_of, overrides
from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant


@dataclass(frozen=True)
class Wanted:
    """No level: no restraint."""

    level: str = ""
    reason: str = ""


def restrain(*, at: datetime, only: Tenant | None) -> list[Tenant]:
    """Write down who is held back, and how far. The caller's scope holds all tenants.

    :param only: look at this one alone
    :return: those for whom something other than the wording changed
    """
    books = _Books.read(at, only)
    tenants = list(Tenant.objects.order_by("slug")) if only is None else [only]
    held = {each.tenant_id: each for each in Restraint.objects.filter(tenant__in=tenants)}
    differing = [
        each for each in tenants if books.wanted(each, at) != _as_wanted(held.get(each.pk))
    ]
    return [each for each in differing if _write(each, at)]


def _write(tenant: Tenant, at: datetime) -> bool:
    """Nobody else writes it meanwhile, so that whoever comes last has seen everything."""
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        wanted = _Books.read(at, tenant).wanted(tenant, at)
        held = Restraint.objects.filter(tenant=tenant).first()  # one at most
        before = held.level if held else ""
        if not wanted.level:
            Restraint.objects.filter(tenant=tenant).delete()
        else:
            since = held.since if held and before == wanted.level else at
            Restraint.objects.update_or_create(
                tenant=tenant,
                defaults={"level": wanted.level, "reason": wanted.reason, "since": since},
            )
    return before != wanted.level


@dataclass(frozen=True)
class _Books:
    """Budgets with the step each has reached, and whose are lifted; the platform's under None."""

    budgets: dict[int | None, Budget]
    lifted: frozenset[int | None]

    @classmethod
    def read(cls, at: datetime, only: Tenant | None) -> _Books:
        asked = budgets_of(None if only is None else [only, None])
        return cls(
            {each.tenant_id: each for each in asked},
            frozenset(overrides(at=at).values_list("tenant_id", flat=True)),
        )

    def wanted(self, tenant: Tenant, at: datetime) -> Wanted:
        """What holds a tenant back. Its own override also lifts what is the platform's."""
        own, platform = self.budgets.get(tenant.pk), self.budgets.get(None)
        if tenant.pk in self.lifted:
            return Wanted()
        if None in self.lifted:
            platform = None
        reached = [each for each in (own, platform) if each is not None and each.level]
        if not reached:
            return Wanted()
        # Of two on the same step, the tenant's own is the one to be told.
        hardest = max(reached, key=lambda each: LEVELS.index(each.level))
        return Wanted(hardest.level, wording.reason(hardest, at))


def _as_wanted(held: Restraint | None) -> Wanted:
    return Wanted() if held is None else Wanted(held.level, held.reason)
