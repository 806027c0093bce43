"""The tables of the overview."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

from portal.costs.figures import NOTHING, Period, total
from portal.costs.figures_overview import Overview, Payer
from portal.costs.models import Holder, Kind, Unit
from portal.costs.shown import KINDS, engine_name, holder_name
from portal.costs.shown_details import link_with
from portal.costs.tables import Cell, Column, Table, decimal_of, share_of
from portal.costs.tables import Kind as Look

COMPUTE = (Kind.DIRECT, Kind.OVERLAP, Kind.IDLE)
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("direct", "Direct", (Kind.DIRECT, Kind.OVERLAP)),
    ("idle", "Idle", (Kind.IDLE,)),
    ("cloud_services", "Cloud services", (Kind.CLOUD_SERVICES,)),
    ("serverless", "Serverless", (Kind.SERVERLESS,)),
    ("reading", "Reading", (Kind.READING,)),
    ("storage", "Storage", (Kind.STORAGE,)),
    ("unexplained", "Unexplained", (Kind.UNATTRIBUTED,)),
)


def days_table(overview: Overview) -> Table:
    """The numbers of the chart: a row a day, a column a kind."""
    kinds = [kind for kind in KINDS if any(key[1] == kind for key in overview.by_day)]
    sums = {
        day: {kind: overview.by_day.get((day, kind)) for kind in kinds}
        for day in overview.period.days()
        if any((day, kind) in overview.by_day for kind in kinds)
    }
    provisional = {each.day for each in overview.provisional}
    rows = [
        [
            Cell(day, day_link(day)),
            *(decimal_of(each.amount) if each else None for each in row.values()),
            decimal_of(total(each for each in row.values() if each).amount),
            Cell("provisional", variant="warning") if day in provisional else "billed",
        ]
        for day, row in sorted(sums.items(), reverse=True)
    ]
    whole = [
        decimal_of(total(row[kind] or NOTHING for row in sums.values()).amount) for kind in kinds
    ]
    return Table(
        name="days",
        title="Cost per day and kind",
        columns=[
            Column("day", "Day (UTC)"),
            *(Column(kind.lower(), KINDS[kind], Look.MONEY) for kind in kinds),
            Column("cost", "Cost", Look.MONEY),
            Column("bill", "Bill", Look.LABEL),
        ],
        rows=rows,
        total=["Sum", *whole, decimal_of(overview.cost.amount), ""],
        empty="Nothing has been sent of this month yet.",
    )


def payers_table(overview: Overview) -> Table:
    """All who caused a cost. The rows sum to the cost."""
    payers = [each for each in overview.payers if each.kinds]
    groups = [each for each in GROUPS if any(payer.of(*each[2]).amount for payer in payers)]
    hints = {"direct": "What ran at once has saved is taken off."}
    rows = [
        [
            Cell(holder_name(each.holder, each.slug), payer_link(each, overview.period)),
            decimal_of(each.cost.amount),
            *(decimal_of(each.of(*kinds).amount) for _, _, kinds in groups),
            share_of(each.cost.amount, overview.cost.amount),
        ]
        for each in payers
    ]
    sums = [decimal_of(total(p.of(*kinds) for p in payers).amount) for _, _, kinds in groups]
    return Table(
        name="tenants",
        title="Who caused it",
        columns=[
            Column("tenant", "Tenant"),
            Column("cost", "Cost", Look.MONEY),
            *(Column(name, title, Look.MONEY, hints.get(name, "")) for name, title, _ in groups),
            Column("share", "Share", Look.SHARE),
        ],
        rows=rows,
        total=["Sum", decimal_of(overview.cost.amount), *sums, None],
        empty="Nobody has caused a cost this month.",
        is_long=len(rows) > 25,
    )


def payer_link(payer: Payer, period: Period) -> str:
    if payer.tenant is not None:
        address = reverse("costs:tenant", args=[payer.tenant.slug])
        return f"{address}?month={period.first:%Y-%m}"
    if payer.holder == Holder.NOBODY:
        return f"{reverse('costs:unattributed')}?month={period.first:%Y-%m}"
    if payer.holder == Holder.PLATFORM:
        days = {"from": str(period.first), "to": str(period.last)}
        return link_with(days)("queries", holder=payer.holder)
    return ""


def services_table(overview: Overview) -> Table:
    rows = [
        [
            each.service_type.replace("_", " ").capitalize(),
            engine_name(each.engine),
            Unit(each.unit).label if each.unit in Unit.values else each.unit,
            decimal_of(each.billed.nanos),
            decimal_of(each.billed.amount),
            decimal_of(each.explained.amount),
            _difference(each.difference.amount),
        ]
        for each in overview.services
    ]
    return Table(
        name="services",
        title="Bill and lines",
        columns=[
            Column("service", "Service"),
            Column("engine", "Engine"),
            Column("unit", "Unit"),
            Column("billed_quantity", "Billed", Look.QUANTITY),
            Column("billed", "Billed amount", Look.MONEY),
            Column("lines", "Sum of lines", Look.MONEY),
            Column("difference", "Difference", Look.LABEL),
        ],
        rows=rows,
        empty="There is no bill of this month yet.",
    )


def _difference(nanos: int) -> Cell:
    exact = decimal_of(nanos)
    return Cell(exact if nanos else "0", variant="danger" if nanos else "")


def warehouses_table(overview: Overview) -> Table:
    """Credits by day and warehouse: the numbers of the small charts."""
    names = warehouse_names(overview)
    days = sorted({day for day, _, _ in overview.by_warehouse}, reverse=True)
    rows = [
        [
            Cell(day, day_link(day)),
            *(decimal_of(_credits(overview, day, name)) for name in names),
            decimal_of(sum(_credits(overview, day, name) for name in names)),
        ]
        for day in days
    ]
    by_name = [sum(_credits(overview, day, name) for day in days) for name in names]
    return Table(
        name="warehouses",
        title="Credits per warehouse and day",
        columns=[
            Column("day", "Day (UTC)"),
            *(Column(each.lower(), each, Look.QUANTITY) for each in names),
            Column("credits", "All", Look.QUANTITY),
        ],
        rows=rows,
        total=["Sum", *map(decimal_of, by_name), decimal_of(sum(by_name))],
    )


def warehouse_names(overview: Overview) -> list[str]:
    used: dict[str, int] = {}
    for (_, name, _), amounts in overview.by_warehouse.items():
        used[name] = used.get(name, 0) + amounts.nanos
    return sorted(used, key=lambda each: (-used[each], each))


def _credits(overview: Overview, day: Any, name: str) -> int:
    found = overview.by_warehouse
    return sum(found[key].nanos for kind in COMPUTE if (key := (day, name, kind)) in found)


def monitors_table(warehouses: list[dict[str, Any]]) -> Table:
    rows = [
        [
            str(each["name"]),
            Cell(str(each["state"]).capitalize(), variant=_state_variant(str(each["state"]))),
            str(each["monitor"] or "none"),
            _number(each.get("used")),
            _number(each.get("quota")),
            _used(each),
        ]
        for each in warehouses
    ]
    return Table(
        name="monitors",
        title="Resource monitors",
        columns=[
            Column("warehouse", "Warehouse"),
            Column("state", "State", Look.LABEL),
            Column("monitor", "Monitor"),
            Column("credits_used", "Credits this month", Look.QUANTITY),
            Column("quota", "Quota", Look.QUANTITY),
            Column("used", "Used", Look.GAUGE),
        ],
        rows=rows,
    )


def _state_variant(state: str) -> str:
    return "success" if state in {"STARTED", "RESUMING"} else "default"


def _number(value: float | None) -> Decimal | str:
    return "not seen" if value is None else Decimal(str(value))


def _used(warehouse: dict[str, Any]) -> Decimal | None:
    used, quota = warehouse.get("used"), warehouse.get("quota")
    if used is None or not quota:
        return None
    return Decimal(str(used)) * 100 / Decimal(str(quota))


def day_link(day: Any) -> str:
    return reverse("costs:day", args=[day])
