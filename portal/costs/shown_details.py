"""The tables of runs, models, connections and queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from portal.connections.models import Connection
from portal.costs.figures import Period
from portal.costs.shown import holder_name
from portal.costs.tables import Cell, Column, Kind, Table, decimal_of
from portal.runs.models import Run
from portal.tenants.models import Tenant

COSTS = (
    Column("cost", "Cost", Kind.MONEY),
    Column("direct", "Direct", Kind.MONEY),
    Column("idle", "Idle", Kind.MONEY),
    Column("cloud_services", "Cloud services", Kind.MONEY),
    Column("reading", "Reading", Kind.MONEY),
    Column("credits", "Credits", Kind.QUANTITY),
    Column("cpu_seconds", "CPU seconds", Kind.QUANTITY),
)
# Databases take so many values at once, and not many more.
CHUNK = 5_000
QUERY_COLUMNS = (
    Column("query_id", "Query"),
    Column("credits", "Credits", Kind.QUANTITY),
    Column("cloud_services_credits", "Cloud services", Kind.QUANTITY),
    Column("seconds", "Seconds", Kind.QUANTITY),
    Column("bytes_scanned", "Scanned", Kind.BYTES),
    Column("tenant", "Tenant"),
    Column("model", "Model"),
    Column("run", "Run"),
    Column("user", "User"),
    Column("warehouse", "Warehouse"),
    Column("started_at", "Started (UTC)"),
    Column("type", "Type"),
    Column("text_hash", "Text"),
    Column("status", "Status"),
    Column("basis", "Credits are"),
)


@dataclass(frozen=True)
class Names:
    """What codes are called, looked up once for a whole table."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def tenant(self, row: dict[str, Any], period: Period) -> Cell:
        tenant = self.tenants.get(row["tenant_code"])
        if tenant is None:
            gone = row["tenant_code"][:8]
            return Cell(f"{gone}\u2026" if gone else holder_name(row["holder"], ""))
        address = reverse("costs:tenant", args=[tenant.slug])
        return Cell(tenant.slug, f"{address}?month={period.first:%Y-%m}")

    def run(self, code: str) -> Cell:
        run = self.runs.get(code)
        if run is None:
            return Cell(f"{code[:8]}\u2026" if code else "")
        shown = f"{run.requested_at:%Y-%m-%d %H:%M}"
        return Cell(shown, reverse("admin:runs_run_change", args=[run.pk]))

    def connection(self, code: str) -> str:
        connection = self.connections.get(code)
        return connection.name if connection else f"{code[:8]}\u2026" if code else ""


def names_of(rows: Iterable[dict[str, Any]]) -> Names:
    """Three questions for a page, however many rows it has."""
    found = list(rows)
    return Names(
        tenants=_named(Tenant.objects.all(), found, "tenant_code"),
        connections=_named(Connection.objects.all(), found, "connection_code"),
        runs=_named(Run.objects.all(), found, "run_code"),
    )


def _named(rows: QuerySet[Any], found: list[dict[str, Any]], column: str) -> dict[str, Any]:
    codes = sorted({code for row in found if (code := _code(row.get(column, ""))) is not None})
    parts = [codes[at : at + CHUNK] for at in range(0, len(codes), CHUNK)]
    return {str(each.code): each for part in parts for each in rows.filter(code__in=part)}


def _code(said: str) -> UUID | None:
    """Tags are other people's words: not all that stands there is a code."""
    try:
        return UUID(said)
    except ValueError:
        return None


def costs_table(
    what: str,
    rows: list[dict[str, Any]],
    *,
    period: Period,
    link: Callable[..., str],
    of_one: bool = False,
    note: str = "",
) -> Table:
    """Costs by `runs`, `models` or `connections`, each with a way to its queries.

    :param of_one: all are one tenant's, who need not be named in each row
    """
    known = names_of(rows)
    has_tenant = what != "models" and not of_one
    leading = {"runs": _run_cells, "models": _model_cells, "connections": _connection_cells}[what]
    columns = {
        "runs": (Column("run", "Run requested (UTC)"), Column("connection", "Connection")),
        "models": (Column("model", "Model"),),
        "connections": (Column("connection", "Connection"),),
    }[what]
    used = [at for at, each in enumerate(COSTS) if any(row[_key(each)] for row in rows)]
    return Table(
        name=what,
        title={"runs": "Runs", "models": "Models", "connections": "Connections"}[what],
        columns=[
            *columns,
            *([Column("tenant", "Tenant")] if has_tenant else []),
            *(COSTS[at] for at in used),
            Column("queries", "Queries"),
        ],
        rows=[
            [
                *leading(row, known),
                *([known.tenant(row, period)] if has_tenant else []),
                *(decimal_of(row[_key(COSTS[at])]) for at in used),
                Cell("Queries", _queries_of(row, link)) if row["credits"] else "",
            ]
            for row in rows
        ],
        note=note,
        empty="Nothing that was asked for has a cost on these days.",
        is_long=len(rows) > 25,
    )


def _key(column: Column) -> str:
    return "amount" if column.name == "cost" else column.name


def _run_cells(row: dict[str, Any], names: Names) -> list[Any]:
    run = names.run(row["run_code"]) if row["run_code"] else "Outside of runs"
    return [run, names.connection(row["connection_code"])]


def _model_cells(row: dict[str, Any], names: Names) -> list[Any]:
    return [row["model"] or "Outside of models"]


def _connection_cells(row: dict[str, Any], names: Names) -> list[Any]:
    return [names.connection(row["connection_code"]) or "Outside of connections"]


def _queries_of(row: dict[str, Any], link: Callable[..., str]) -> str:
    wanted = {
        "run": row.get("run_code", ""),
        "model": row.get("model", ""),
        "connection": row.get("connection_code", ""),
    }
    return link("queries", **{name: said for name, said in wanted.items() if said})


def queries_table(
    rows: list[dict[str, Any]], *, period: Period, link: Callable[..., str], note: str = ""
) -> Table:
    known = names_of(rows)
    return Table(
        name="queries",
        title="Queries",
        columns=QUERY_COLUMNS,
        rows=[_query_row(row, known, period, link) for row in rows],
        note=note,
        empty="No query of these days is what was asked for.",
        is_long=len(rows) > 25,
    )


def _query_row(
    row: dict[str, Any], names: Names, period: Period, link: Callable[..., str]
) -> list[Any]:
    text = row["query_hash"] or ""
    return [
        row["query_id"],
        decimal_of(row["direct_nanos"]),
        decimal_of(row["cloud_services_nanos"]),
        Decimal(row["execution_ms"]) / 1000,
        row["bytes_scanned"],
        names.tenant(row, period),
        Cell(row["model"], link("queries", model=row["model"]) if row["model"] else ""),
        names.run(row["run_code"]),
        Cell(row["user_name"], link("queries", user=row["user_name"])),
        row["warehouse"],
        f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
        row["query_type"].replace("_", " ").lower(),
        Cell(text[:12], link("queries", hash=text) if text else "", note=text),
        Cell(row["status"].lower(), variant="danger" if row["status"] != "SUCCESS" else ""),
        "inferred" if row["is_inferred"] else "attributed",
    ]


def offenders_table(rows: list[dict[str, Any]], *, link: Callable[..., str]) -> Table:
    return Table(
        name="offenders",
        title="Whose queries they are",
        columns=[
            Column("user", "User"),
            Column("warehouse", "Warehouse"),
            Column("text_hash", "Text"),
            Column("queries", "Queries", Kind.COUNT),
            Column("credits", "Credits", Kind.QUANTITY),
            Column("seconds", "Seconds", Kind.QUANTITY),
            Column("kept_up_seconds", "Kept up", Kind.QUANTITY, "Seconds idle after its queries."),
            Column("last_at", "Last (UTC)"),
        ],
        rows=[
            [
                Cell(row["user_name"], link("queries", user=row["user_name"], holder="NOBODY")),
                row["warehouse"],
                Cell(
                    (row["query_hash"] or "")[:12],
                    link("queries", hash=row["query_hash"]) if row["query_hash"] else "",
                    note=row["query_hash"] or "",
                ),
                row["queries"],
                decimal_of(int(row["direct_nanos"])),
                Decimal(int(row["execution_ms"])) / 1000,
                Decimal(int(row["tail_ms"])) / 1000,
                f"{row['last_at']:%Y-%m-%d %H:%M}" if row["last_at"] else "",
            ]
            for row in rows
        ],
        empty="Every query of these days carries the tag of a tenant, or is the platform's own.",
        is_long=len(rows) > 25,
    )


def link_with(asked: dict[str, str]) -> Callable[..., str]:
    """Links to details with what is asked for already, and more."""

    def link(what: str, **more: str) -> str:
        wanted = {name: said for name, said in {**asked, **more}.items() if said}
        return f"{reverse('costs:details', args=[what])}?{urlencode(wanted)}"

    return link
