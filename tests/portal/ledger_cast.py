"""Ledgers for tests: days whose bill is the sum of their lines, and detail files of the lake."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
from django_scopes import scopes_disabled

from portal.costs.models import (
    NANOS,
    Bill,
    Holder,
    JournalEntry,
    JournalLine,
    Kind,
    LedgerDay,
    LedgerLine,
    Unit,
)
from portal.tenants.models import Tenant

PLATFORM_CODE = UUID(int=0)
CREDIT_PRICE = "3"
# The columns of the detail files, each with its type.
FILES: dict[str, dict[str, str]] = {
    "details": {
        "engine": "varchar",
        "day": "date",
        "service_type": "varchar",
        "kind": "varchar",
        "holder": "varchar",
        "tenant_code": "varchar",
        "connection_code": "varchar",
        "run_code": "varchar",
        "step": "varchar",
        "model": "varchar",
        "warehouse": "varchar",
        "unit": "varchar",
        "nanos": "bigint",
        "amount_nanos": "bigint",
        "is_estimated": "boolean",
        "is_inferred": "boolean",
    },
    "queries": {
        "engine": "varchar",
        "day": "date",
        "query_id": "varchar",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "holder": "varchar",
        "tenant_code": "varchar",
        "connection_code": "varchar",
        "run_code": "varchar",
        "step": "varchar",
        "model": "varchar",
        "warehouse": "varchar",
        "user_name": "varchar",
        "query_type": "varchar",
        "query_hash": "varchar",
        "status": "varchar",
        "execution_ms": "bigint",
        "bytes_scanned": "bigint",
        "direct_nanos": "bigint",
        "tail_ms": "bigint",
        "cloud_services_nanos": "bigint",
        "is_inferred": "boolean",
    },
    "hours": {
        "day": "date",
        "hour": "timestamp",
        "warehouse": "varchar",
        "compute_nanos": "bigint",
        "direct_nanos": "bigint",
        "idle_nanos": "bigint",
        "overlap_nanos": "bigint",
    },
}
NOTHING = {"varchar": "", "bigint": 0, "boolean": False}


@dataclass(frozen=True)
class Part:
    """A line in words: amounts in whole units, as a person would say them."""

    tenant: Tenant | None
    kind: str
    credits: str
    holder: str = Holder.TENANT
    service: str = "WAREHOUSE_METERING"
    warehouse: str = "MERCURIOS_TRANSFORM_WH"
    unit: str = Unit.CREDIT
    price: str = CREDIT_PRICE
    is_estimated: bool = False
    is_inferred: bool = False

    def fields(self) -> dict[str, Any]:
        nanos = int(Decimal(self.credits) * NANOS)
        return {
            "holder": self.holder,
            "tenant": self.tenant,
            "tenant_code": self.tenant.code if self.tenant else None,
            "tenant_slug": self.tenant.slug if self.tenant else "",
            "kind": self.kind,
            "service_type": self.service,
            "warehouse": self.warehouse,
            "unit": self.unit,
            "nanos": nanos,
            "amount_nanos": int(nanos * Decimal(self.price)),
            "is_estimated": self.is_estimated,
            "is_inferred": self.is_inferred,
        }


def of_platform(part: Part) -> Part:
    return replace(part, tenant=None, holder=Holder.PLATFORM)


def of_nobody(part: Part) -> Part:
    return replace(part, tenant=None, holder=Holder.NOBODY)


def ledger_day(
    day: date,
    parts: Sequence[Part],
    *,
    engine: str = "SNOWFLAKE",
    version: int = 1,
    is_current: bool = True,
    is_billed: bool = True,
    files: Mapping[str, Any] | None = None,
) -> LedgerDay:
    """One version of a day. An earlier one that counted no longer does."""
    with scopes_disabled():  # a ledger is about all tenants
        if is_current:
            LedgerDay.objects.filter(engine=engine, day=day).update(is_current=False)
        ledger = LedgerDay.objects.create(
            engine=engine,
            day=day,
            version=version,
            is_current=is_current,
            is_billed=is_billed,
            currency="EUR",
            digest=f"{engine}-{day}-{version}",
            files=dict(files or {}),
            taken_at=datetime.combine(day, time(23, 30), UTC),
            seen_at=datetime.combine(day, time(23, 30), UTC),
        )
        lines = [LedgerLine(ledger=ledger, **each.fields()) for each in parts]
        LedgerLine.objects.bulk_create(lines, batch_size=500)
        Bill.objects.bulk_create(_bill(ledger, lines))
    return ledger


def _bill(ledger: LedgerDay, lines: Iterable[LedgerLine]) -> list[Bill]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        found = sums[line.service_type, line.unit]
        found[0] += line.nanos
        found[1] += line.amount_nanos
    return [
        Bill(ledger=ledger, service_type=service, unit=unit, nanos=nanos, amount_nanos=amount)
        for (service, unit), (nanos, amount) in sums.items()
    ]


def correction(
    ledger: LedgerDay, parts: Sequence[Part], *, posted_on: date, reason: str = "Late rows."
) -> JournalEntry:
    with scopes_disabled():  # a ledger is about all tenants
        entry = JournalEntry.objects.create(
            ledger=ledger,
            posted_on=posted_on,
            reason=reason,
            who="the platform",
            at=datetime.combine(posted_on, time(1), UTC),
        )
        JournalLine.objects.bulk_create(JournalLine(entry=entry, **each.fields()) for each in parts)
    return entry


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a UTC day."""
    return datetime.combine(day, time(hour, minute), UTC)


def detail_files(
    lake: Path, day: date, *, engine: str = "SNOWFLAKE", **rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Parquet files of a day in the platform's folder of the lake; what a ledger says of them."""
    folder = lake / str(PLATFORM_CODE) / "ledger" / engine.lower() / str(day)
    folder.mkdir(parents=True, exist_ok=True)
    said = {}
    for name, found in rows.items():
        path = folder / f"{name}.parquet"
        shared = {"engine": engine, "day": day}
        write_parquet(path, FILES[name], [{**shared, **each} for each in found])
        said[name] = {
            "key": path.relative_to(lake / str(PLATFORM_CODE)).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
    return said


def write_parquet(
    path: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """A column not given is empty, as the ledger has it."""
    names = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table found ({names})")
        if rows:
            places = ", ".join("?" for _ in columns)
            values = [
                [_stored(each.get(name, NOTHING.get(type_))) for name, type_ in columns.items()]
                for each in rows
            ]
            connection.executemany(f"insert into found values ({places})", values)
        connection.execute(f"copy found to '{path}' (format parquet)")


def _stored(value: Any) -> Any:
    """Files have moments of UTC without saying so."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def a_query(tenant: Tenant | None, query_id: str, **values: Any) -> dict[str, Any]:
    """A row of `queries`; what is not given is as of an ordinary one."""
    return {
        "query_id": query_id,
        "holder": Holder.TENANT if tenant else Holder.NOBODY,
        "tenant_code": str(tenant.code) if tenant else "",
        "step": "transform",
        "warehouse": "MERCURIOS_TRANSFORM_WH",
        "user_name": "MERCURIOS_TRANSFORMER",
        "query_type": "CREATE_TABLE_AS_SELECT",
        "query_hash": f"hash-of-{query_id}",
        "status": "SUCCESS",
        "execution_ms": 1_500,
        "bytes_scanned": 2_000_000,
        "direct_nanos": NANOS // 100,
        **values,
    }


def a_detail(tenant: Tenant | None, **values: Any) -> dict[str, Any]:
    """A row of `details`."""
    return {
        "service_type": "WAREHOUSE_METERING",
        "kind": Kind.DIRECT,
        "holder": Holder.TENANT if tenant else Holder.PLATFORM,
        "tenant_code": str(tenant.code) if tenant else "",
        "step": "transform",
        "warehouse": "MERCURIOS_TRANSFORM_WH",
        "unit": Unit.CREDIT,
        "nanos": NANOS // 100,
        "amount_nanos": int(CREDIT_PRICE) * NANOS // 100,
        **values,
    }
