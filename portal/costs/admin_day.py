"""A day of the ledger: its versions, its lines, what changed, and the hours of its warehouses."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from portal.costs.admin_door import answer, costs_page, currency_of, day_asked
from portal.costs.figures import total
from portal.costs.figures_day import Change, EngineDay, engine_days
from portal.costs.figures_details import opened_days
from portal.costs.models import JournalEntry, Unit
from portal.costs.shown import KINDS, SAYS, day_text, engine_name, holder_name, moment_text
from portal.costs.shown_details import link_with
from portal.costs.tables import Cell, Column, Kind, Table, decimal_of, share_of
from portal.publications.ledger_files import DetailsUnreadable
from portal.tenants.models import Tenant

VERSION_DIGITS = 6
PART = (
    Column("holder", "Who"),
    Column("kind", "Kind"),
    Column("service", "Service"),
    Column("warehouse", "Warehouse"),
    Column("unit", "Unit"),
)


@costs_page
def day_page(request: HttpRequest, day: str) -> HttpResponseBase:
    on = day_asked(day)
    wanted = {
        name: int(said)
        for name in Tenant.Engine.values
        if (said := request.GET.get(name.lower(), "")).isdigit() and len(said) < VERSION_DIGITS
    }
    found = engine_days(on, wanted=wanted)
    if not found:
        raise Http404
    engines = [_engine(each, on) for each in found]
    return answer(
        request,
        "day.html",
        title=day_text(on),
        tab="days",
        tables=[table for each in engines for table in each["tables"].values()],
        currency=currency_of(),
        engines=engines,
    )


def _engine(found: EngineDay, on: date) -> dict[str, Any]:
    hours, problem = _hours(found)
    name = found.engine.lower()
    tables = {
        "versions": _versions(found, on, name),
        "lines": _lines(found, on, name),
        "changes": _changes(found, name),
        "hours": hours,
        "journal": _journal(found.entries, name),
    }
    return {
        "name": engine_name(found.engine),
        "tables": {key: table for key, table in tables.items() if table is not None},
        "shown": found.shown,
        "before": found.before,
        "are_lines_kept": found.are_lines_kept,
        "problem": problem,
        "queries": link_with({"from": str(on), "to": str(on)})("queries"),
    }


def _versions(found: EngineDay, on: date, name: str) -> Table:
    address = reverse("costs:day", args=[on])
    return Table(
        name=f"{name}_versions",
        title="Versions",
        columns=[
            Column("version", "Version"),
            Column("taken_at", "Taken"),
            Column("billed_amount", "Amount", Kind.MONEY),
            Column("bill", "Bill"),
            Column("counts", "Counts", Kind.LABEL),
        ],
        rows=[
            [
                Cell(
                    f"Version {each.version}",
                    "" if each.pk == found.shown.pk else f"{address}?{name}={each.version}",
                ),
                moment_text(each.taken_at),
                decimal_of(found.amounts[each.pk]),
                "billed" if each.is_billed else "provisional",
                _counts(each, found),
            ]
            for each in found.versions
        ],
    )


def _counts(version: Any, found: EngineDay) -> Cell:
    if version.is_current:
        return Cell("counts", variant="success")
    posted = {each.ledger_id for each in found.entries}
    if version.pk in posted:
        return Cell("by the journal", variant="info")
    return Cell("replaced", variant="default")


def _part(key: tuple[Any, ...]) -> list[Any]:
    holder, slug, kind, service, warehouse, unit = key
    return [
        holder_name(holder, slug),
        Cell(KINDS[kind], note=SAYS[kind]),
        service.replace("_", " ").capitalize(),
        warehouse,
        Unit(unit).label,
    ]


def _lines(found: EngineDay, on: date, name: str) -> Table:
    link = link_with({"from": str(on), "to": str(on)})
    rows = sorted(found.lines.items(), key=lambda each: (-each[1].amount, each[0]))
    return Table(
        name=f"{name}_lines",
        title="Lines",
        columns=[
            *PART,
            Column("quantity", "Quantity", Kind.QUANTITY),
            Column("amount", "Amount", Kind.MONEY),
        ],
        rows=[
            [
                Cell(holder_name(key[0], key[1]), _to_queries(link, key)),
                *_part(key)[1:],
                decimal_of(each.nanos),
                decimal_of(each.amount),
            ]
            for key, each in rows
        ],
        total=["Sum", "", "", "", "", None, decimal_of(total(found.lines.values()).amount)],
        empty="The lines of this version are not kept any more; its bill is.",
        is_long=len(rows) > 20,
    )


def _to_queries(link: Any, key: tuple[Any, ...]) -> str:
    holder, slug, kind, _, warehouse, unit = key
    if unit != Unit.CREDIT or not warehouse:
        return ""
    who = {"tenant": slug} if slug else {"holder": holder}
    return str(link("queries", kind=kind, warehouse=warehouse, **who))


def _changes(found: EngineDay, name: str) -> Table | None:
    if found.before is None or not found.are_lines_kept:
        return None

    def row(each: Change) -> list[Any]:
        amounts = (each.before.amount, each.after.amount, each.after.amount - each.before.amount)
        return [*_part(each.key), *map(decimal_of, amounts)]

    return Table(
        name=f"{name}_changes",
        title="Changes",
        columns=[
            *PART,
            Column("before", f"Version {found.before.version}", Kind.MONEY),
            Column("after", f"Version {found.shown.version}", Kind.MONEY),
            Column("change", "Change", Kind.MONEY),
        ],
        rows=[row(each) for each in found.changes],
        total=[
            "Sum",
            *[""] * 4,
            *map(
                decimal_of,
                (
                    sum(each.before.amount for each in found.changes),
                    sum(each.after.amount for each in found.changes),
                    sum(each.after.amount - each.before.amount for each in found.changes),
                ),
            ),
        ],
        empty="The lines are the same.",
        is_long=len(found.changes) > 20,
    )


def _journal(entries: list[JournalEntry], name: str) -> Table | None:
    if not entries:
        return None
    return Table(
        name=f"{name}_journal",
        title="Journal",
        columns=[
            Column("posted_on", "Posted on"),
            Column("reason", "Reason"),
            Column("who", "Who"),
            Column("amount", "Amount", Kind.MONEY),
        ],
        rows=[
            [
                each.posted_on,
                each.reason,
                each.who,
                decimal_of(sum(line.amount_nanos for line in each.lines.all())),
            ]
            for each in entries
        ],
    )


def _hours(found: EngineDay) -> tuple[Table | None, str]:
    try:
        with opened_days([found.shown], "hours") as details:
            rows = details.hours()
    except DetailsUnreadable as error:
        return None, str(error)
    if not rows:
        return None, ""
    table = Table(
        name=f"{found.engine.lower()}_hours",
        title="Hours of warehouses",
        columns=[
            Column("warehouse", "Warehouse"),
            Column("hour", "Hour (UTC)"),
            Column("credits", "Credits", Kind.QUANTITY),
            Column("direct", "Direct", Kind.QUANTITY),
            Column("idle", "Idle", Kind.QUANTITY),
            Column("overlap", "Overlap", Kind.QUANTITY),
            Column("idle_share", "Idle share", Kind.GAUGE),
        ],
        rows=[
            [
                row["warehouse"],
                f"{row['hour']:%H:%M}",
                decimal_of(row["compute_nanos"]),
                decimal_of(row["direct_nanos"]),
                decimal_of(row["idle_nanos"]),
                decimal_of(row["overlap_nanos"]),
                share_of(row["idle_nanos"], row["compute_nanos"]),
            ]
            for row in rows
        ],
        is_long=len(rows) > 25,
    )
    return table, ""
