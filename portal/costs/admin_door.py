"""What the pages of costs share: who may see them, what is asked for, a file of each table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.costs.figures import YEARS, Period, month_of
from portal.costs.figures_overview import months_kept
from portal.costs.tables import Table
from portal.publications.export import csv_file

PERMISSION = "costs.view_ledgerday"
# What is agreed on with tenants is not for everybody who may see what they cost.
SEES_BUDGETS = "costs.view_budget"
SEES_PRICES = "costs.view_tenantprice"
MOST_DAYS = 31

View = Callable[..., HttpResponseBase]


def costs_page(view: View) -> View:
    """For staff who may see the ledger. Whoever is logged in and may not is told so."""
    return posting_page(require_safe(view))


def posting_page(view: View) -> View:
    """The same for a page with a form of its own."""

    @wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    for_staff = admin.site.admin_view(allowed)

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        response: HttpResponseBase = for_staff(request, *args, **kwargs)
        return response

    return door


def answer(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    tab: str,
    tables: Iterable[Table] = (),
    **context: Any,
) -> HttpResponseBase:
    """The page, or one of its tables as a file if that was asked for."""
    named = {each.name: each for each in tables}
    if (wanted := request.GET.get("csv")) is not None:
        if wanted not in named:
            raise Http404
        asked = [
            request.GET[name] for name in ("month", "from", "to", "tenant") if name in request.GET
        ]
        return as_file(named[wanted], filename="_".join([title, *asked, wanted]))
    request.current_app = admin.site.name
    shared = {
        **admin.site.each_context(request),
        "title": title,
        "tabs": tabs(request, tab),
        "tables": named,
        "query": without_csv(request),
        "is_fullwidth": "1",
    }
    return TemplateResponse(request, f"admin/costs/{template}", {**shared, **context})


def as_file(table: Table, *, filename: str) -> FileResponse:
    """The whole table: a file is sent when it is complete, never the first half of one."""
    columns, rows = table.for_csv()
    name = "".join(each if each.isalnum() else "_" for each in filename.lower())
    return FileResponse(
        csv_file(columns, rows),
        as_attachment=True,
        filename=f"{name}.csv",
        content_type="text/csv; charset=utf-8",
    )


def tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """The ways between the pages of costs, for those who may take them."""
    pages = [
        ("overview", "Overview", reverse("costs:overview"), PERMISSION),
        ("details", "Runs and queries", reverse("costs:details", args=["queries"]), PERMISSION),
        ("unattributed", "Unattributed", reverse("costs:unattributed"), PERMISSION),
        ("report", "Daily report", reverse("costs:latest_report"), PERMISSION),
        ("advice", "Advice", reverse("costs:advice"), PERMISSION),
        ("days", "Ledger", reverse("admin:costs_ledgerday_changelist"), PERMISSION),
        ("budgets", "Budgets", reverse("costs:budgets"), SEES_BUDGETS),
        ("prices", "Prices", reverse("admin:costs_tenantprice_changelist"), SEES_PRICES),
    ]
    return [
        {"title": title, "link": link, "is_active": name == active}
        for name, title, link, permission in pages
        if request.user.has_perm(permission)
    ]


def without_csv(request: HttpRequest) -> str:
    """What was asked for, for links to the same with more to it; empty or with its `&`."""
    asked = request.GET.copy()
    asked.pop("csv", None)
    return f"{asked.urlencode()}&" if asked else ""


def month_asked(request: HttpRequest) -> Period:
    """The month of `month`, such as 2026-11, or the present one in UTC."""
    return month_of(_day(f"{request.GET.get('month', '')}-01") or today())


def is_running(period: Period) -> bool:
    return period.first <= today() < period.end


def months(shown: Period) -> list[dict[str, Any]]:
    """The months to choose from: those with a ledger, and the present one."""
    kept = sorted({*months_kept(), today().replace(day=1), shown.first}, reverse=True)
    return [
        {"value": f"{each:%Y-%m}", "title": f"{each:%B %Y}", "is_shown": each == shown.first}
        for each in kept
    ]


def currency_of() -> str:
    """All amounts of the ledger are in it."""
    return str(settings.COST_CURRENCY)


def period_asked(request: HttpRequest) -> Period:
    """The days of `from` and `to`, both part of it, 31 at most; the present month without them."""
    if "month" in request.GET:
        return month_asked(request)
    last = _day(request.GET.get("to", "")) or today()
    first = _day(request.GET.get("from", "")) or last.replace(day=1)
    if first > last:
        first, last = last, first
    end = date.fromordinal(last.toordinal() + 1)
    return Period(max(first, date.fromordinal(end.toordinal() - MOST_DAYS)), end)


def day_asked(said: str) -> date:
    """:raises Http404: if that is no day, or none that can be asked about"""
    day = _day(said)
    if day is None:
        raise Http404
    return day


def today() -> date:
    """Of UTC, as the bill has it."""
    return timezone.now().date()


def _day(said: str) -> date | None:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.year in YEARS else None
