"""A tenant's month: its days, and what its runs, connections and models cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from portal.connections.models import Connection
from portal.costs.admin_details import BY
from portal.costs.admin_door import (
    SEES_BUDGETS,
    SEES_PRICES,
    answer,
    costs_page,
    currency_of,
    is_running,
    month_asked,
    months,
)
from portal.costs.charts import stacked_days
from portal.costs.estimates import schedule_price, tenant_forecast
from portal.costs.figures import NOTHING, Amounts, Key, Period, correction_sums, line_sums, total
from portal.costs.figures_details import Asked, opened
from portal.costs.models import Kind
from portal.costs.price_words import price_sentence
from portal.costs.prices import price_of
from portal.costs.shown import CORRECTION, KINDS, forecast_card, share_marks
from portal.costs.shown_details import costs_table, link_with
from portal.costs.shown_overview import day_link
from portal.costs.standing import standing
from portal.costs.tables import Cell, Column, Table, decimal_of, money, money_of, share
from portal.costs.tables import Kind as Look
from portal.lib.errors import Refused
from portal.pipelines.selectors import restraint_of
from portal.publications.ledger_files import DetailsUnreadable
from portal.tenants.models import Tenant

RUNS = 50


@costs_page
def tenant_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    tenant = get_object_or_404(Tenant, slug=slug)
    period = month_asked(request)
    by_day = _by_day(tenant, period)
    tables, problem = [_days_table(by_day, tenant, period)], ""
    try:
        tables += _detail_tables(tenant, period)
    except DetailsUnreadable as error:
        problem = str(error)
    return answer(
        request,
        "tenant.html",
        title=f"Costs of {tenant}",
        tab="overview",
        tables=tables,
        tenant=tenant,
        months=months(period),
        currency=currency_of(),
        cards=_cards(request, tenant, period, total(by_day.values())),
        marks=share_marks(total(by_day.values())),
        restraint=restraint_of(tenant) if request.user.has_perm(SEES_BUDGETS) else None,
        chart=_chart(by_day, period),
        connections=_connections(tenant),
        problem=problem,
    )


def _by_day(tenant: Tenant, period: Period) -> dict[Key, Amounts]:
    """By day and kind."""
    only = Q(tenant=tenant)
    posted = correction_sums(period, "on", only=only)
    return line_sums(period, "on", "kind", only=only) | {
        (on, CORRECTION): each for (on,), each in posted.items()
    }


def _cards(
    request: HttpRequest, tenant: Tenant, period: Period, cost: Amounts
) -> list[dict[str, Any]]:
    running = is_running(period)
    currency = currency_of()
    cards = [
        {
            "title": "Cost so far" if running else "Cost",
            "value": f"{money_of(cost.amount)} {currency}",
            "note": "",
        }
    ]
    if running:
        cards.append(forecast_card(tenant_forecast(tenant=tenant, at=timezone.now()), currency))
    if running and request.user.has_perm(SEES_BUDGETS):
        cards.append(_budget_card(request, tenant))
    if request.user.has_perm(SEES_PRICES):
        cards.append(_margin_card(tenant, period, cost, currency))
    return cards


def _margin_card(tenant: Tenant, period: Period, cost: Amounts, currency: str) -> dict[str, Any]:
    price = price_of(tenant=tenant, month=period.first)
    if price is None:
        note = "No price is agreed on for this month."
        return {"title": "Margin", "value": "\u2013", "note": note}
    margin = price - decimal_of(cost.amount)
    return {
        "title": "Margin so far" if is_running(period) else "Margin",
        "value": f"{money(margin)} {currency}",
        "note": f"of a price of {money(price, 2)} for the month",
        "variant": "danger" if margin < 0 else "",
    }


def _budget_card(request: HttpRequest, tenant: Tenant) -> dict[str, Any]:
    found = standing(tenant=tenant, at=timezone.now())
    if found.budget is None:
        note = "It has none: nothing keeps it from costing more."
        may_set = request.user.has_perm("costs.add_budget")
        link = f"{reverse('admin:costs_budget_add')}?tenant={tenant.pk}" if may_set else ""
        return {"title": "Budget", "value": "\u2013", "note": note, "link": link}
    waiting = f", with {money_of(found.unledgered)} of runs just ended" if found.unledgered else ""
    return {
        "title": "Budget used",
        "value": share(found.per_cent),
        "note": f"of {money(found.budget.amount, 2)}{waiting}",
        "link": reverse("admin:costs_budget_change", args=[found.budget.pk]),
        "variant": "danger" if found.per_cent and found.per_cent >= 100 else "",
    }


def _chart(by_day: dict[Key, Amounts], period: Period) -> Any:
    if not by_day:
        return None
    return stacked_days(
        title="Cost per day and kind",
        days=period.days(),
        amounts={(on, kind): each.amount for (on, kind), each in by_day.items()},
        links={on: day_link(on) for on, _ in by_day},
        currency=currency_of(),
    )


def _days_table(by_day: dict[Key, Amounts], tenant: Tenant, period: Period) -> Table:
    """A row a day, a column a kind; every day leads to its queries."""
    kinds = [kind for kind in KINDS if any(key[1] == kind for key in by_day)]
    days = sorted({on for on, _ in by_day}, reverse=True)

    def amount(day: Any, kind: str) -> Decimal:
        return decimal_of(by_day.get((day, kind), NOTHING).amount)

    # Without Snowflake there are no queries to be seen: its runs are as deep as it goes.
    what = "queries" if tenant.engine == Tenant.Engine.SNOWFLAKE else "runs"

    def queries(day: Any, kind: str = "") -> str:
        asked = {"tenant": tenant.slug, "from": str(day), "to": str(day), "kind": kind}
        return link_with(asked)(what)

    has_queries = {Kind.DIRECT, Kind.IDLE, Kind.CLOUD_SERVICES}
    return Table(
        name="days",
        title="Cost per day and kind",
        columns=[
            Column("day", "Day (UTC)"),
            *(Column(kind.lower(), KINDS[kind], Look.MONEY) for kind in kinds),
            Column("cost", "Cost", Look.MONEY),
        ],
        rows=[
            [
                Cell(day, day_link(day)),
                *(
                    Cell(amount(day, kind), queries(day, kind) if kind in has_queries else "")
                    for kind in kinds
                ),
                sum((amount(day, kind) for kind in kinds), Decimal(0)),
            ]
            for day in days
        ],
        total=[
            "Sum",
            *(sum((amount(day, kind) for day in days), Decimal(0)) for kind in kinds),
            decimal_of(total(by_day.values()).amount),
        ],
        empty="The tenant has cost nothing this month.",
    )


def _detail_tables(tenant: Tenant, period: Period) -> list[Table]:
    """
    :raises DetailsUnreadable: if the lake does not give them
    """
    said = {"tenant": tenant.slug, "from": str(period.first), "to": str(period.last)}
    link = link_with(said)
    asked = Asked(period, tenant=tenant.code)
    with opened(period, "details", engine=tenant.engine) as found:
        rows = {
            what: found.by(asked, *BY[what], limit=RUNS)
            for what in ("connections", "models", "runs")
        }
        note = found.note
    return [
        costs_table(what, each, period=period, link=link, of_one=True, note=note)
        for what, each in rows.items()
    ]


def _connections(tenant: Tenant) -> list[dict[str, str]]:
    """Each with the price of its schedule, and the way to where it is edited."""
    found = Connection.objects.filter(tenant=tenant).select_related("schedule", "tenant")
    return [
        {
            "name": each.name,
            "schedule": str(getattr(each, "schedule", "only when asked")),
            "price": _price_of(each),
            "link": reverse("admin:connections_connection_setup", args=[each.pk]),
        }
        for each in found.order_by("name")
    ]


def _price_of(connection: Connection) -> str:
    schedule = getattr(connection, "schedule", None)
    if schedule is None:
        return ""
    try:
        price = schedule_price(
            connection=connection,
            kind=schedule.kind,
            cron=schedule.cron,
            interval_minutes=schedule.interval_minutes,
            at=timezone.now(),
        )
    except Refused as refused:  # set before a rule that it breaks
        return refused.message
    return price_sentence(price, currency=currency_of())
