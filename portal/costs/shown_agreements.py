"""What is agreed on with tenants, beside what they cost: budgets and prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.costs.figures import total
from portal.costs.figures_overview import Overview, Payer
from portal.costs.models import NANOS
from portal.costs.shown_overview import payer_link
from portal.costs.tables import Cell, Column, Table, decimal_of, money, share, share_of
from portal.costs.tables import Kind as Look
from portal.pipelines.models import Restraint

LEVELS = {
    Restraint.Level.WARNED.value: "info",
    Restraint.Level.SLOWED.value: "warning",
    Restraint.Level.WITHOUT_ANALYTICS.value: "warning",
    Restraint.Level.PAUSED.value: "danger",
}


OF_BUDGETS = (
    Column("budget", "Budget", Look.MONEY),
    Column("budget_used", "Used", Look.GAUGE, "By the ledger alone."),
    Column("level", "Restraint", Look.LABEL),
)
OF_PRICES = (
    Column("price", "Price", Look.MONEY, "What the tenant pays for the whole month."),
    Column("margin", "Margin", Look.MONEY, "Price less cost."),
    Column("margin_share", "of price", Look.SHARE),
)
TITLES = {
    (True, True): "Budgets, prices and margins",
    (True, False): "Budgets",
    (False, True): "Prices and margins",
}


def agreements_table(overview: Overview, *, with_budgets: bool, with_prices: bool) -> Table:
    """What is agreed on with tenants, of which one of the two at least is shown."""
    payers = [
        each
        for each in overview.payers
        if (with_budgets and each.budget) or (with_prices and each.price is not None)
    ]
    return Table(
        name="agreements",
        title=TITLES[with_budgets, with_prices],
        columns=[
            Column("tenant", "Tenant"),
            Column("cost", "Cost", Look.MONEY),
            *(OF_BUDGETS if with_budgets else ()),
            *(OF_PRICES if with_prices else ()),
        ],
        rows=[
            [
                Cell(each.slug, payer_link(each, overview.period)),
                decimal_of(each.cost.amount),
                *(_of_budget(each) if with_budgets else ()),
                *(_of_price(each) if with_prices else ()),
            ]
            for each in payers
        ],
        total=_total(payers, with_budgets=with_budgets) if with_prices else (),
        note="The margin of a running month is the whole month's price less the cost so far."
        if with_prices
        else "",
        is_long=len(payers) > 25,
    )


def _of_budget(payer: Payer) -> list[Any]:
    return [payer.budget.amount if payer.budget else None, used_share(payer), _level(payer)]


def _of_price(payer: Payer) -> list[Any]:
    return [payer.price, margin_of(payer), _margin_share(payer)]


def _total(payers: list[Payer], *, with_budgets: bool) -> list[Any]:
    """Of those with a price; empty if nobody has one."""
    priced = [(each, each.price) for each in payers if each.price is not None]
    if not priced:
        return []
    prices = sum((price for _, price in priced), Decimal(0))
    margin = prices - decimal_of(total(each.cost for each, _ in priced).amount)
    of_budget = [None] * len(OF_BUDGETS) if with_budgets else []
    return ["With a price", None, *of_budget, prices, margin, _per_cent(margin, prices)]


def _level(payer: Payer) -> Cell | None:
    level = payer.restraint
    if level is None:
        return None
    return Cell(level.get_level_display(), variant=LEVELS[level.level], note=level.reason)


def _margin_share(payer: Payer) -> Decimal | None:
    if not payer.price:
        return None
    return _per_cent(payer.price - decimal_of(payer.cost.amount), payer.price)


def _per_cent(part: Decimal, whole: Decimal) -> Decimal | None:
    return part * 100 / whole if whole else None


def used_share(payer: Payer) -> Decimal | None:
    return share_of(payer.cost.amount, int(payer.budget.amount * NANOS)) if payer.budget else None


def margin_of(payer: Payer) -> Cell | None:
    if payer.price is None:
        return None
    margin = payer.price - decimal_of(payer.cost.amount)
    return Cell(margin, variant="bad" if margin < 0 else "")


def budget_line(overview: Overview) -> str:
    """How far the platform's own budget is used, in words; empty without one."""
    budget = overview.platform_budget
    if budget is None:
        return ""
    used = share_of(overview.cost.amount, int(budget.amount * NANOS))
    return f"{share(used)} of the platform's budget of {money(budget.amount)}"
