"""A month of the whole platform: what it cost, who caused it, and what there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django_scopes import scopes_disabled

from portal.costs.figures import (
    NOTHING,
    Amounts,
    Key,
    Period,
    correction_sums,
    ledger_days,
    line_sums,
    regrouped,
    total,
)
from portal.costs.models import Bill, Budget, Holder, Kind, LedgerDay, Unit
from portal.costs.prices import prices_of
from portal.costs.shown import CORRECTION
from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant

COMPUTE = frozenset({Kind.DIRECT, Kind.OVERLAP, Kind.IDLE})


@dataclass(frozen=True)
class Service:
    """What is billed for a service, and what the lines say of it. They are the same."""

    engine: str
    service_type: str
    unit: str
    billed: Amounts
    explained: Amounts

    @property
    def difference(self) -> Amounts:
        return Amounts(
            self.billed.nanos - self.explained.nanos, self.billed.amount - self.explained.amount
        )


@dataclass(frozen=True)
class Payer:
    """What a holder of costs cost, by kind, and what is agreed on about it."""

    holder: str
    slug: str
    kinds: dict[str, Amounts]
    tenant: Tenant | None = None
    budget: Budget | None = None
    price: Decimal | None = None
    restraint: Restraint | None = None

    @property
    def cost(self) -> Amounts:
        return total(self.kinds.values())

    def of(self, *kinds: str) -> Amounts:
        return total(self.kinds.get(kind, NOTHING) for kind in kinds)


@dataclass(frozen=True)
class Overview:
    period: Period
    days: list[LedgerDay]
    by_day: dict[Key, Amounts]  # (day, kind)
    by_warehouse: dict[Key, Amounts]  # (day, warehouse, kind), credits of compute
    payers: list[Payer]
    services: list[Service]
    corrections: Amounts
    platform_budget: Budget | None = field(default=None)

    @property
    def cost(self) -> Amounts:
        return total(self.by_day.values())

    @property
    def bill(self) -> Amounts:
        return total(each.billed for each in self.services)

    @property
    def difference(self) -> int:
        """Bill against lines, in billionths of money; corrections are beside both."""
        return self.bill.amount + self.corrections.amount - self.cost.amount

    def held_by(self, holder: str) -> Amounts:
        return total(each.cost for each in self.payers if each.holder == holder)

    @property
    def provisional(self) -> list[LedgerDay]:
        return [each for each in self.days if not each.is_billed]

    def credits(self, *kinds: str) -> int:
        found = self.by_warehouse.items()
        return sum(amounts.nanos for (_, _, kind), amounts in found if kind in kinds)


def overview_of(period: Period, *, is_running: bool) -> Overview:
    """A handful of questions, however many tenants there are.

    :param is_running: whether it is the present month, which restraints are about
    """
    lines = line_sums(period, "on", "warehouse", "unit", "kind")
    corrections = correction_sums(period, "on")
    by_day = regrouped(lines, 0, 3) | {
        (on, CORRECTION): each for (on,), each in corrections.items()
    }
    credits = {key: each for key, each in lines.items() if _is_compute(key)}
    with scopes_disabled():  # the platform's own books are about all tenants
        budgets = {each.tenant_id: each for each in Budget.objects.all()}
        return Overview(
            period=period,
            days=list(ledger_days(period)),
            by_day=by_day,
            by_warehouse=regrouped(credits, 0, 1, 3),
            payers=_payers(period, budgets, with_restraints=is_running),
            services=services_of(period),
            corrections=total(corrections.values()),
            platform_budget=budgets.get(None),
        )


def services_of(period: Period) -> list[Service]:
    """Bill and lines, service by service; corrections are in neither."""
    explained = line_sums(period, "ledger__engine", "service_type", "unit")
    rows = Bill.objects.filter(
        ledger__is_current=True, ledger__day__gte=period.first, ledger__day__lt=period.end
    )
    billed = {
        row[:3]: Amounts(int(row[3]), int(row[4]))
        for row in rows.order_by()
        .values_list("ledger__engine", "service_type", "unit")
        .annotate(Sum("nanos"), Sum("amount_nanos"))
    }
    found = [
        Service(engine, service, unit, billed.get(key, NOTHING), explained.get(key, NOTHING))
        for key in billed.keys() | explained.keys()
        for engine, service, unit in [key]
    ]
    return sorted(found, key=lambda each: (-each.billed.amount, each.service_type, each.unit))


def _payers(
    period: Period, budgets: dict[int | None, Budget], *, with_restraints: bool
) -> list[Payer]:
    """All who cost something, and tenants that pay: the most expensive first, then the others."""
    found = _kinds_by_holder(period)
    known = list(Tenant.objects.all())
    tenants: dict[UUID | None, Tenant] = {each.code: each for each in known}
    prices = prices_of(month=period.first)
    held_back = Restraint.objects.all() if with_restraints else Restraint.objects.none()
    restraints = {each.tenant_id: each for each in held_back}
    for each in known:
        if each.pk in prices or each.pk in budgets:
            found.setdefault((Holder.TENANT.value, each.code), (each.slug, {}))
    payers = [
        Payer(
            holder=holder,
            slug=tenant.slug if tenant is not None else slug,
            kinds=kinds,
            tenant=tenant,
            budget=budgets.get(tenant.pk) if tenant is not None else None,
            price=prices.get(tenant.pk) if tenant is not None else None,
            restraint=restraints.get(tenant.pk) if tenant is not None else None,
        )
        for (holder, code), (slug, kinds) in found.items()
        for tenant in [tenants.get(code)]
    ]
    return sorted(
        payers,
        key=lambda each: (each.holder != Holder.TENANT, -each.cost.amount, each.slug),
    )


def _kinds_by_holder(
    period: Period,
) -> dict[tuple[str, UUID | None], tuple[str, dict[str, Amounts]]]:
    found: dict[tuple[str, UUID | None], tuple[str, dict[str, Amounts]]] = {}
    by = ("holder", "tenant_code", "tenant_slug", "kind")
    for sums in (line_sums(period, *by), correction_sums(period, *by)):
        for (holder, code, slug, kind), amounts in sums.items():
            _, kinds = found.setdefault((holder, code), (slug, {}))
            kinds[kind] = kinds.get(kind, NOTHING) + amounts
    return found


def _is_compute(key: Key) -> bool:
    _, warehouse, unit, kind = key
    return bool(warehouse) and unit == Unit.CREDIT and kind in COMPUTE


def months_kept() -> list[date]:
    """The first days of the months that there is a ledger of, newest first."""
    days = LedgerDay.objects.filter(is_current=True)
    return list(days.dates("day", "month", order="DESC"))
