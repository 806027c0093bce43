"""The first page of costs: one month of the whole platform."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.costs.admin_door import (
    SEES_BUDGETS,
    SEES_PRICES,
    answer,
    costs_page,
    currency_of,
    is_running,
    month_asked,
    months,
    posting_page,
)
from portal.costs.charts import Chart, small_days, stacked_days
from portal.costs.collecting import collect_now
from portal.costs.estimates import platform_forecast
from portal.costs.figures import Period
from portal.costs.figures_overview import COMPUTE, Overview, overview_of
from portal.costs.models import Holder, Kind
from portal.costs.shown import PROVISIONAL, forecast_card, share_marks
from portal.costs.shown_agreements import agreements_table, budget_line
from portal.costs.shown_details import link_with
from portal.costs.shown_overview import (
    day_link,
    days_table,
    monitors_table,
    payers_table,
    services_table,
    warehouse_names,
    warehouses_table,
)
from portal.costs.tables import decimal_of, money_of, quantity_of, share, share_of
from portal.pipelines.prefect import PrefectRefused, PrefectUnavailable, prefect_api
from portal.warehouses.allowed import is_shown_to
from portal.warehouses.models import Action
from portal.warehouses.selectors import account_state

COLLECTS = "costs.add_ledgerday"


@costs_page
def overview(request: HttpRequest) -> HttpResponseBase:
    period = month_asked(request)
    found = overview_of(period, is_running=is_running(period))
    state = account_state()
    sees_budgets = request.user.has_perm(SEES_BUDGETS)
    sees_prices = request.user.has_perm(SEES_PRICES)
    agreements = (
        [agreements_table(found, with_budgets=sees_budgets, with_prices=sees_prices)]
        if sees_budgets or sees_prices
        else []
    )
    tables = [
        days_table(found),
        payers_table(found),
        *agreements,
        warehouses_table(found),
        services_table(found),
        monitors_table(state.warehouses),
    ]
    currency = currency_of()
    return answer(
        request,
        "overview.html",
        title="Costs",
        tab="overview",
        tables=tables,
        months=months(period),
        period=period,
        currency=currency,
        cards=_cards(found, currency, of_budget=budget_line(found) if sees_budgets else ""),
        chart=_chart(found, currency),
        warehouses=_warehouses(found),
        marks=_marks(found),
        monitors_seen_at=state.seen_at,
        suspend_link=_suspend_link(request),
        collect_link=_collect_link(request, period),
    )


@posting_page
@require_POST
def collect_page(request: HttpRequest) -> HttpResponseBase:
    """Have the ledger brought up to date, and look at the same month again."""
    if not request.user.has_perm(COLLECTS):
        raise PermissionDenied
    try:
        collect_now(api=prefect_api(is_patient=False))
    except (PrefectUnavailable, PrefectRefused) as error:
        messages.error(request, str(error))
    else:
        said = "The ledger is being brought up to date: it takes a minute or two."
        messages.success(request, said)
    shown = month_asked(request)
    return HttpResponseRedirect(f"{reverse('costs:overview')}?month={shown.first:%Y-%m}")


def _collect_link(request: HttpRequest, period: Period) -> str:
    """For those who may have the ledger brought up to date."""
    if not request.user.has_perm(COLLECTS):
        return ""
    return f"{reverse('costs:collect')}?month={period.first:%Y-%m}"


def _cards(found: Overview, currency: str, *, of_budget: str) -> list[dict[str, Any]]:
    cost = found.cost.amount
    running = is_running(found.period)
    cards = [
        {
            "title": "Cost so far" if running else "Cost",
            "value": f"{money_of(cost)} {currency}",
            "note": of_budget or _days_line(found),
        },
        *([forecast_card(platform_forecast(at=timezone.now()), currency)] if running else []),
        _bill_card(found),
        _idle_card(found, currency),
    ]
    shares = [
        ("Unattributed", Holder.NOBODY, reverse("costs:unattributed")),
        ("The platform's own", Holder.PLATFORM, ""),
    ]
    for title, holder, link in shares:
        amount = found.held_by(holder).amount
        cards.append(
            {
                "title": title,
                "value": share(share_of(amount, cost)) or "\u2013",
                "note": f"{money_of(amount)} {currency} of the cost",
                "link": f"{link}?month={found.period.first:%Y-%m}" if link else "",
            }
        )
    return cards


def _days_line(found: Overview) -> str:
    days = {each.day for each in found.days}
    return f"{len(days)} day{'' if len(days) == 1 else 's'} with a ledger" if days else "no day yet"


def _bill_card(found: Overview) -> dict[str, Any]:
    if not found.services:
        return {"title": "Bill and lines", "value": "\u2013", "note": "There is no bill yet."}
    if found.difference:
        return {
            "title": "Bill and lines",
            "value": f"{decimal_of(found.difference):f}",
            "note": "The lines do not sum to the bill. Collect the costs again.",
            "variant": "danger",
        }
    return {
        "title": "Bill and lines",
        "value": "0",
        "note": "difference: the lines sum to the bill, to the last digit",
        "link": "#services",
    }


def _idle_card(found: Overview, currency: str) -> dict[str, Any]:
    idle, compute = found.credits(Kind.IDLE), found.credits(*COMPUTE)
    if not compute:
        return {"title": "Idle", "value": "\u2013", "note": "No warehouse has been up."}
    return {
        "title": "Idle",
        "value": share(share_of(idle, compute)),
        "note": f"{quantity_of(idle)} of {quantity_of(compute)} credits of compute",
    }


def _chart(found: Overview, currency: str) -> Chart | None:
    if not found.by_day:
        return None
    return stacked_days(
        title="Cost per day and kind",
        days=found.period.days(),
        amounts={(on, kind): each.amount for (on, kind), each in found.by_day.items()},
        links={on: day_link(on) for on, _ in found.by_day},
        currency=currency,
    )


def _warehouses(found: Overview) -> list[dict[str, Any]]:
    """A small chart for each, all on one scale."""
    by_name: dict[str, dict[date, dict[str, int]]] = {}
    for (on, name, kind), each in found.by_warehouse.items():
        part = Kind.IDLE.value if kind == Kind.IDLE else Kind.DIRECT.value
        parts = by_name.setdefault(name, {}).setdefault(on, {Kind.DIRECT.value: 0})
        parts[part] = parts.get(part, 0) + each.nanos
    highest = [sum(day.values()) for days in by_name.values() for day in days.values()]
    return [
        _warehouse(found.period, name, by_name[name], most=max(highest))
        for name in warehouse_names(found)
    ]


def _warehouse(
    period: Period, name: str, days: dict[date, dict[str, int]], *, most: int
) -> dict[str, Any]:
    used = sum(sum(each.values()) for each in days.values())
    idle = sum(each.get(Kind.IDLE.value, 0) for each in days.values())
    return {
        "name": name,
        "credits": quantity_of(used),
        "idle": share(share_of(idle, used)) or "nothing",
        "chart": small_days(
            title=f"Credits of {name}", days=period.days(), amounts=days, most=most
        ),
        "link": _queries_link(period, name),
    }


def _queries_link(period: Period, warehouse: str) -> str:
    asked = {"from": str(period.first), "to": str(period.last), "warehouse": warehouse}
    return link_with(asked)("queries")


def _marks(found: Overview) -> list[dict[str, Any]]:
    marks = share_marks(found.cost)
    if days := {each.day for each in found.provisional}:
        told = f"{len(days)} day{'' if len(days) == 1 else 's'}"
        marks.append({"mark": PROVISIONAL, "about": told})
    return marks


def _suspend_link(request: HttpRequest) -> str:
    """To the page that asks before anything happens; for those who may."""
    if not is_shown_to(request):
        return ""
    return reverse("admin:warehouses_warehouseaction_do", args=[Action.SUSPEND.value])
