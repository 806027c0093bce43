"""The daily report as a page, and advice on what could cost less."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from portal.costs.admin_door import (
    SEES_BUDGETS,
    answer,
    costs_page,
    currency_of,
    day_asked,
    today,
)
from portal.costs.advice import WINDOW, Advice
from portal.costs.daily_report import Compared, Near, Report, daily_report
from portal.costs.estimates import advice
from portal.costs.figures import Period
from portal.costs.figures_details import opened
from portal.costs.shown import day_text
from portal.costs.shown_agreements import LEVELS
from portal.costs.shown_overview import day_link
from portal.costs.tables import (
    Cell,
    Column,
    Kind,
    Table,
    decimal_of,
    money_of,
    money_places,
    share,
    share_of,
)
from portal.pipelines.models import Restraint
from portal.publications.ledger_files import DetailsUnreadable
from portal.warehouses.selectors import account_state


@costs_page
def latest_report(request: HttpRequest) -> HttpResponseBase:
    return HttpResponseRedirect(reverse("costs:report", args=[today() - timedelta(days=1)]))


@costs_page
def report(request: HttpRequest, day: str) -> HttpResponseBase:
    on = day_asked(day)
    seen = account_state().warehouses
    found = daily_report(day=on, at=timezone.now(), warehouses=seen)
    before, after = on - timedelta(days=1), on + timedelta(days=1)
    return answer(
        request,
        "report.html",
        title=f"Report of {day_text(on)}",
        tab="report",
        tables=[
            compared_table("tenants", "By tenant", "Tenant", found.tenants, with_links=True),
            compared_table("services", "By service", "Service", found.services),
            compared_table("risers", "Rising most", "Tenant", found.risers, with_links=True),
            *([near_table(found.near)] if request.user.has_perm(SEES_BUDGETS) else []),
            advice_table(found.advice),
        ],
        report=found,
        advice=[_shown(each) for each in found.advice],
        cards=_cards(found),
        day_link=day_link(on) if found.has_ledger else "",
        before={"title": day_text(before), "link": reverse("costs:report", args=[before])},
        after={"title": day_text(after), "link": reverse("costs:report", args=[after])}
        if after <= today()
        else None,
    )


def _cards(found: Report) -> list[dict[str, Any]]:
    whole = found.whole
    places = money_places(abs(decimal_of(whole.cost)))
    note = "There are too few days before to compare it with."
    if whole.median is not None:
        note = f"median of the seven days before: {money_of(whole.median)}"
    return [
        {"title": "Cost", "value": f"{money_of(whole.cost)} {found.currency}", "note": note},
        {"title": "Change", "value": _signed(whole), "note": _change_share(whole)},
        {
            "title": "Idle",
            "value": share(share_of(found.idle, found.compute)) or "\u2013",
            "note": "of the cost of compute",
        },
        {
            "title": "Unattributed",
            "value": share(share_of(found.unattributed, whole.cost)) or "\u2013",
            "note": f"{money_of(found.unattributed, places)} {found.currency}",
            "link": f"{reverse('costs:unattributed')}?from={found.day}&to={found.day}",
        },
    ]


def _signed(each: Compared) -> str:
    if each.change is None:
        return "\u2013"
    text = money_of(each.change, money_places(abs(decimal_of(each.cost))))
    return f"+{text}" if each.change > 0 else text


def _change_share(each: Compared) -> str:
    if each.change is None or not each.median:
        return ""
    return f"{share(share_of(each.change, each.median))} against that median"


def compared_table(
    name: str, title: str, of: str, found: list[Compared], *, with_links: bool = False
) -> Table:
    def link(each: Compared) -> str:
        if not with_links or not each.slug:
            return ""
        return reverse("costs:tenant", args=[each.slug])

    rows = [each for each in found if each.cost or each.median]
    return Table(
        name=name,
        title=title,
        columns=[
            Column(of.lower(), of),
            Column("cost", "Cost", Kind.MONEY),
            Column("median", "Median of 7 days", Kind.MONEY),
            Column("change", "Change", Kind.MONEY),
            Column("change_share", "in per cent", Kind.SHARE),
        ],
        rows=[
            [
                Cell(each.name, link(each)),
                decimal_of(each.cost),
                None if each.median is None else decimal_of(each.median),
                None if each.change is None else decimal_of(each.change),
                share_of(each.change or 0, each.median or 0),
            ]
            for each in rows
        ],
        empty="Nobody costs more than before." if name == "risers" else "Nothing was spent.",
        is_long=len(rows) > 25,
    )


def near_table(found: list[Near]) -> Table:
    return Table(
        name="budgets",
        title="Budgets near a step",
        columns=[
            Column("budget", "Budget of"),
            Column("amount", "Amount", Kind.MONEY),
            Column("used", "Used", Kind.GAUGE),
            Column("level", "Step reached", Kind.LABEL),
            Column("next", "Next step"),
        ],
        rows=[
            [
                Cell(
                    each.name, reverse("admin:costs_budget_change", args=[each.standing.budget.pk])
                ),
                each.standing.budget.amount,
                each.standing.per_cent,
                Cell(Restraint.Level(each.level).label, variant=LEVELS[each.level])
                if each.level
                else None,
                f"at {each.next_at} %" if each.next_at is not None else "none",
            ]
            for each in found
            if each.standing.budget is not None
        ],
        empty="No budget is near one of its steps.",
    )


def advice_table(found: list[Advice]) -> Table:
    return Table(
        name="advice",
        title="Advice",
        columns=[
            Column("what", "What"),
            Column("whom", "Of what"),
            Column("saving", "Saving in 30 days", Kind.MONEY),
            Column("advice", "Advice", Kind.WORDS),
            Column("basis", "Told from", Kind.WORDS),
        ],
        rows=[
            [
                each.what.label,
                Cell(each.whom, _about(each)),
                decimal_of(each.saving),
                each.sentence,
                _basis(each),
            ]
            for each in found
        ],
        empty="There is none: nothing that is known could cost clearly less.",
    )


def _shown(each: Advice) -> dict[str, str]:
    return {
        "sentence": each.sentence,
        "saving": f"{money_of(each.saving)} {currency_of()}",
        "whom": each.whom,
        "link": _about(each),
        "basis": _basis(each),
    }


def _basis(each: Advice) -> str:
    told = "; ".join(f"{name.lower()}: {said}" for name, said in each.basis)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _about(each: Advice) -> str:
    if each.connection_id is None:
        return ""
    return reverse("admin:connections_connection_setup", args=[each.connection_id])


@costs_page
def advice_page(request: HttpRequest) -> HttpResponseBase:
    """What could cost less, by what was spent in the last 30 days."""
    period = Period(today() - WINDOW, today())
    try:
        with opened(period, "queries") as details:
            tails, problem = details.tails(), ""
    except DetailsUnreadable as error:
        tails, problem = {}, str(error)
    seen = account_state().warehouses
    found = advice(at=timezone.now(), warehouses=seen, tails=tails)
    return answer(
        request,
        "advice.html",
        title="Advice",
        tab="advice",
        tables=[advice_table(found)],
        advice=[_shown(each) for each in found],
        problem=problem,
    )
