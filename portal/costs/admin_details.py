"""What is behind the sums, as pages: runs, models, connections, queries, the unattributed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from portal.costs.admin_door import answer, costs_page, period_asked
from portal.costs.figures import Period, sums
from portal.costs.figures_details import (
    MOST_EXPENSIVE,
    MOST_IN_FILE,
    OF_QUERIES,
    Asked,
    Details,
    opened,
)
from portal.costs.models import Holder, Kind
from portal.costs.shown import KINDS, SAYS
from portal.costs.shown_details import (
    costs_table,
    link_with,
    offenders_table,
    queries_table,
)
from portal.costs.tables import Cell, Column, Table, decimal_of
from portal.costs.tables import Kind as Look
from portal.publications.ledger_files import DetailsUnreadable
from portal.tenants.models import Tenant

WHATS = {
    "queries": "Queries",
    "runs": "Runs",
    "models": "Models",
    "connections": "Connections",
}
# Columns that a list is grouped by.
BY = {
    "runs": ("run_code", "connection_code", "tenant_code", "holder"),
    "models": ("model",),
    "connections": ("connection_code", "tenant_code", "holder"),
}
TEXTS = ("warehouse", "model", "run", "connection", "user", "hash")
SHOWN = 200  # of runs, models and connections; the CSV file has them all


@costs_page
def details(request: HttpRequest, what: str) -> HttpResponseBase:
    if what not in WHATS:
        raise Http404
    period = period_asked(request)
    asked, said = _asked(request, period)
    link = link_with({**said, "from": str(period.first), "to": str(period.last)})
    is_file = "csv" in request.GET
    tables, problem, sums_of = _read(what, asked, link, is_file=is_file)
    return answer(
        request,
        "details.html",
        title=WHATS[what],
        tab="details",
        tables=tables,
        what=what,
        whats=[
            {"title": title, "link": link(name), "is_active": name == what}
            for name, title in WHATS.items()
        ],
        period=period,
        said=said,
        tenants=Tenant.objects.order_by("slug").values_list("slug", flat=True),
        kinds=[(kind, KINDS[kind]) for kind in KINDS if kind in Kind.values],
        filters=[
            {"name": name, "value": said[name], "without": _without(link, what, said, name)}
            for name in ("run", "connection", "user", "hash", "holder")
            if said.get(name)
        ],
        kind_has_none=what == "queries" and bool(asked.kind) and asked.kind not in OF_QUERIES,
        problem=problem,
        query_sums=sums_of,
        most=MOST_EXPENSIVE,
        most_in_file=MOST_IN_FILE,
    )


def _without(link: Callable[..., str], what: str, said: dict[str, str], name: str) -> str:
    return link(what, **{name: ""})


def _asked(request: HttpRequest, period: Period) -> tuple[Asked, dict[str, str]]:
    """What was asked for, and the words of it. What is unknown finds nothing, and says so."""
    said = {
        name: request.GET.get(name, "").strip() for name in (*TEXTS, "tenant", "kind", "holder")
    }
    tenant = Tenant.objects.filter(slug=said["tenant"]).first() if said["tenant"] else None
    if said["tenant"] and tenant is None:
        raise Http404
    asked = Asked(
        period=period,
        tenant=tenant.code if tenant else None,
        holder=said["holder"],
        warehouse=said["warehouse"],
        connection=said["connection"],
        run=said["run"],
        model=said["model"],
        kind=said["kind"],
        user=said["user"],
        query_hash=said["hash"],
    )
    return asked, {name: value for name, value in said.items() if value}


def _read(
    what: str, asked: Asked, link: Callable[..., str], *, is_file: bool
) -> tuple[list[Table], str, dict[str, Any]]:
    try:
        with opened(asked.period, "queries" if what == "queries" else "details") as found:
            return (
                [_table(found, what, asked, link, is_file=is_file)],
                "",
                _sums(found, what, asked),
            )
    except DetailsUnreadable as error:
        return [], str(error), {}


def _table(
    found: Details, what: str, asked: Asked, link: Callable[..., str], *, is_file: bool
) -> Table:
    if what == "queries":
        rows = found.queries(asked, limit=MOST_IN_FILE if is_file else MOST_EXPENSIVE)
        return queries_table(rows, period=asked.period, link=link, note=found.note)
    rows = found.by(asked, *BY[what], limit=MOST_IN_FILE if is_file else SHOWN)
    return costs_table(what, rows, period=asked.period, link=link, note=found.note)


def _sums(found: Details, what: str, asked: Asked) -> dict[str, Any]:
    if what != "queries":
        return {}
    sums_of = found.query_sums(asked)
    return {
        "queries": sums_of["queries"],
        "credits": decimal_of(int(sums_of["direct_nanos"])),
        "cloud_services": decimal_of(int(sums_of["cloud_services_nanos"])),
    }


@costs_page
def unattributed(request: HttpRequest) -> HttpResponseBase:
    period = period_asked(request)
    link = link_with({"from": str(period.first), "to": str(period.last)})
    tables, problem = [_unattributed_table(period)], ""
    try:
        with opened(period, "queries") as found:
            tables.append(offenders_table(found.offenders(Asked(period)), link=link))
    except DetailsUnreadable as error:
        problem = str(error)
    return answer(
        request,
        "unattributed.html",
        title="Unattributed costs",
        tab="unattributed",
        tables=tables,
        period=period,
        problem=problem,
        here=reverse("costs:unattributed"),
    )


def _unattributed_table(period: Period) -> Table:
    found = sums(period, "service_type", "kind", "warehouse", only=Q(holder=Holder.NOBODY))
    rows = sorted(found.items(), key=lambda each: -each[1].amount)
    return Table(
        name="unattributed",
        title="What nobody can be charged with",
        columns=[
            Column("service", "Service"),
            Column("warehouse", "Warehouse"),
            Column("kind", "Kind", Look.TEXT),
            Column("cost", "Cost", Look.MONEY),
            Column("quantity", "Quantity", Look.QUANTITY, "In the service's own unit."),
        ],
        rows=[
            [
                service.replace("_", " ").capitalize(),
                warehouse,
                Cell(KINDS[kind], note=SAYS[kind]),
                decimal_of(amounts.amount),
                decimal_of(amounts.nanos),
            ]
            for (service, kind, warehouse), amounts in rows
        ],
        total=["Sum", "", "", decimal_of(sum(each.amount for each in found.values())), None],
        empty="Everything that was billed on these days is somebody's.",
    )
