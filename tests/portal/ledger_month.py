"""A month as it could be: a dozen retailers, three warehouses, and whatever is to be seen."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid5

from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.costs.models import NANOS, Budget, Kind, TenantPrice, Unit
from portal.pipelines.models import Restraint
from portal.runs.models import Run
from portal.tenants.models import Tenant
from portal.tenants.services import create_tenant
from portal.warehouses.services import Report, take_report
from tests.portal.ledger_cast import (
    Part,
    a_detail,
    a_query,
    at,
    correction,
    detail_files,
    ledger_day,
    of_nobody,
    of_platform,
)

NAMES = (
    "Alsterhaus Mode",
    "Chiemsee Sport",
    "Barmbek Buch",
    "Donau Wein",
    "Elbe Outdoor",
    "Fichtelberg Ski",
    "Goslar Keramik",
    "Havel Moebel",
    "Isar Rad",
    "Jade Kinderladen",
)
EMBEDDED = ("Kiel Segel", "Lahn Papier")
INGEST, TRANSFORM, PUBLISH = (
    "MERCURIOS_INGEST_WH",
    "MERCURIOS_TRANSFORM_WH",
    "MERCURIOS_PUBLISH_WH",
)
AMOUNTS = (700, 240, 182, 400, 105)  # of budgets
MODELS = ("fct_sale_lines", "std_products", "daily_sales_summary", "std_customers")


def a_month(lake: Path, *, today: date, days: int = 60) -> list[Tenant]:
    """Ledgers up to today, whose day is still provisional; with files for the last ten days."""
    dice = random.Random(4)
    tenants = [_tenant(name, "SNOWFLAKE") for name in NAMES]
    embedded = [_tenant(name, "DUCKDB") for name in EMBEDDED]
    tills = {each.pk: _tills(each) for each in [*tenants, *embedded]}
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        parts = _parts(dice, tenants, day)
        files = _files(dice, lake, day, tenants, tills) if back < 10 else {}
        ledger_day(day, parts, is_billed=back > 0, files=files)
        ledger_day(day, _embedded(dice, embedded), engine="DUCKDB", is_billed=back > 0)
    _later_version(lake, dice, tenants, tills, today - timedelta(days=2))
    _agreements(tenants, today)
    return [*tenants, *embedded]


def _tenant(name: str, engine: str) -> Tenant:
    tenant = create_tenant(slug=name.lower().replace(" ", "-"), name=name)
    Tenant.objects.filter(pk=tenant.pk).update(engine=engine)
    return tenant


def _tills(tenant: Tenant) -> Connection:
    return create_connection(tenant=tenant, connector="prohandel", name="tills")


def _parts(dice: random.Random, tenants: list[Tenant], day: date) -> list[Part]:
    parts = []
    busy = 0.45 if day.weekday() == 6 else 1.0
    for place, tenant in enumerate(tenants):
        size = busy * (len(tenants) - place) * dice.uniform(0.9, 1.15) / 4
        for warehouse, part in ((INGEST, 0.25), (TRANSFORM, 0.6), (PUBLISH, 0.15)):
            used = size * part
            parts.append(Part(tenant, Kind.DIRECT, f"{used:.9f}", warehouse=warehouse))
            idle = used * dice.uniform(0.2, 0.5)
            parts.append(Part(tenant, Kind.IDLE, f"{idle:.9f}", warehouse=warehouse))
        overlap = Part(tenant, Kind.OVERLAP, f"{-size * 0.03:.9f}", warehouse=TRANSFORM)
        parts += [
            overlap if place < 4 else Part(tenant, Kind.IDLE, "0.01", is_inferred=True),
            Part(tenant, Kind.CLOUD_SERVICES, f"{size * 0.04:.9f}", warehouse=""),
            Part(
                tenant,
                Kind.STORAGE,
                f"{size / 250:.9f}",
                service="STORAGE",
                warehouse="",
                unit=Unit.TB_MONTH,
                price="23",
                is_estimated=True,
            ),
        ]
    serverless = Part(tenants[0], Kind.SERVERLESS, "0.42", service="SERVERLESS_TASK", warehouse="")
    own = Part(None, Kind.DIRECT, f"{0.35 * busy:.9f}")
    return [
        *parts,
        serverless,
        of_platform(own),
        of_nobody(Part(None, Kind.DIRECT, f"{dice.uniform(0.1, 0.4):.9f}")),
        of_nobody(Part(None, Kind.UNATTRIBUTED, "0.08", service="SNOWPIPE", warehouse="")),
    ]


def _embedded(dice: random.Random, tenants: list[Tenant]) -> list[Part]:
    parts = []
    for tenant in tenants:
        seconds = f"{dice.uniform(300, 700):.6f}"
        shared: dict[str, Any] = {"warehouse": "", "price": "0.01"}
        parts += [
            Part(
                tenant,
                Kind.DIRECT,
                seconds,
                service="COMPUTE",
                unit=Unit.CPU_SECOND,
                warehouse="",
                price="0.000014",
            ),
            Part(tenant, Kind.READING, "0.8", service="READING", unit=Unit.GB, **shared),
            Part(tenant, Kind.STORAGE, "0.2", service="STORAGE", unit=Unit.GB_MONTH, **shared),
        ]
    return parts


def _run(tills: Connection, day: date) -> str:
    requested = datetime.combine(day, time(2, 15), UTC)
    with scopes_disabled():  # several tenants are set up
        run, _ = Run.objects.get_or_create(
            flow_run_id=uuid5(tills.code, str(day)),
            defaults={
                "tenant": tills.tenant,
                "engine": tills.tenant.engine,
                "connection": tills,
                "status": Run.Status.COMPLETED,
                "requested_at": requested,
                "started_at": requested,
                "finished_at": requested + timedelta(minutes=4),
            },
        )
    return str(run.code)


def _files(
    dice: random.Random,
    lake: Path,
    day: date,
    tenants: list[Tenant],
    tills: dict[int, Connection],
) -> dict[str, Any]:
    details, queries = [], []
    for place, tenant in enumerate(tenants):
        own = {
            "connection_code": str(tills[tenant.pk].code),
            "run_code": _run(tills[tenant.pk], day),
        }
        for number, model in enumerate(MODELS):
            nanos = int(NANOS * (len(tenants) - place) * dice.uniform(0.01, 0.09))
            details.append(
                a_detail(tenant, **own, model=model, nanos=nanos, amount_nanos=nanos * 3)
            )
            idle = {"kind": Kind.IDLE, "nanos": nanos // 3, "amount_nanos": nanos}
            details.append(a_detail(tenant, **own, model=model, **idle))
            begun = at(day, 2, 15)
            begun += timedelta(minutes=3 * place, seconds=40 * number)
            queries.append(
                a_query(
                    tenant,
                    f"01b8{day:%m%d}-0000-{place:02}{number:02}",
                    **own,
                    model=model,
                    started_at=begun,
                    ended_at=begun + timedelta(milliseconds=nanos // 2_000),
                    execution_ms=nanos // 2_000,
                    bytes_scanned=nanos * 12,
                    direct_nanos=nanos,
                    tail_ms=dice.choice([0, 0, 41_000]),
                    cloud_services_nanos=nanos // 40,
                )
            )
    for number, user in enumerate(("JANE_ANALYST", "TABLEAU", "JANE_ANALYST")):
        queries.append(
            a_query(
                None,
                f"01b8{day:%m%d}-9999-{number:04}",
                user_name=user,
                query_type="SELECT",
                query_hash=f"9f3c{number:04x}ad21",
                step="",
                started_at=at(day, 9 + number, 12),
                ended_at=at(day, 9 + number, 13),
                execution_ms=52_000,
                direct_nanos=int(NANOS * dice.uniform(0.05, 0.2)),
            )
        )
    hours = [
        {
            "hour": at(day, hour),
            "warehouse": warehouse,
            "compute_nanos": 3 * NANOS // 4,
            "direct_nanos": NANOS // 2,
            "idle_nanos": NANOS // 4,
            "overlap_nanos": 0,
        }
        for hour in (2, 3, 9)
        for warehouse in (INGEST, TRANSFORM, PUBLISH)
    ]
    return detail_files(lake, day, details=details, queries=queries, hours=hours)


def _later_version(
    lake: Path, dice: random.Random, tenants: list[Tenant], tills: dict[int, Connection], day: date
) -> None:
    ledger_day(
        day, _parts(dice, tenants, day), version=2, files=_files(dice, lake, day, tenants, tills)
    )


def _agreements(tenants: list[Tenant], today: date) -> None:
    levels = (None, Restraint.Level.WARNED, Restraint.Level.SLOWED, None, Restraint.Level.PAUSED)
    now = at(today, 6)
    with scopes_disabled():  # several tenants are set up
        for tenant, level, amount in zip(tenants, levels, AMOUNTS, strict=False):
            Budget.objects.create(tenant=tenant, amount=Decimal(amount))
            if level:
                Restraint.objects.create(
                    tenant=tenant,
                    level=level,
                    reason="More of its budget is used than was planned for.",
                    since=now,
                )
        Budget.objects.create(tenant=None, amount=Decimal(4_000))
        for place, tenant in enumerate(tenants):
            TenantPrice.objects.create(
                tenant=tenant, from_month=date(2026, 1, 1), amount=Decimal(900 - 85 * place)
            )
    closed = today.replace(day=1) - timedelta(days=3)
    old = ledger_day(closed, [Part(tenants[0], Kind.DIRECT, "2")], version=2, is_current=False)
    correction(old, [Part(tenants[0], Kind.DIRECT, "1.25")], posted_on=today.replace(day=4))
    seen = [
        {
            "name": name,
            "state": state,
            "size": "Small",
            "suspend_seconds": 600,
            "monitor": f"{name[:-3]}_MONITOR",
            "used": used,
            "quota": quota,
        }
        for name, state, used, quota in (
            (TRANSFORM, "STARTED", 214.31, 300.0),
            (INGEST, "SUSPENDED", 88.7, 150.0),
            (PUBLISH, "SUSPENDED", 50.02, 100.0),
        )
    ]
    take_report(Report("plan", "", differences=0, warehouses=seen), row=None, at=now)
