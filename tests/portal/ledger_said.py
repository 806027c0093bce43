"""Ledgers as the flow says them, with few words. Quantities and money are in nanos."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from portal.costs.ledger import Billed, Ledger, Line, Taken, take_ledger
from portal.costs.models import NANOS
from portal.tenants.models import Tenant


def line(amount: int, *, of: Tenant | None = None, nanos: int | None = None, **other: Any) -> Line:
    """A line of a tenant, or the platform's own; it is about compute if nothing else is said."""
    said = {
        "holder": "TENANT" if of else "PLATFORM",
        "tenant_code": of.code if of else None,
        "kind": "DIRECT",
        "service_type": "COMPUTE",
        "warehouse": "",
        "unit": "CPU_SECOND",
        "nanos": amount if nanos is None else nanos,
        "amount_nanos": amount,
    }
    return Line(**{**said, **other})


def ledger(*lines: Line, is_billed: bool = True, currency: str = "EUR") -> Ledger:
    """Its bill is what the lines sum to; its digest says what it holds."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in lines:
        sums[each.service_type, each.unit][0] += each.nanos
        sums[each.service_type, each.unit][1] += each.amount_nanos
    return Ledger(
        currency=currency,
        is_billed=is_billed,
        digest=sha256(repr((lines, is_billed)).encode()).hexdigest(),
        bill=[Billed(*key, *found) for key, found in sorted(sums.items())],
        lines=list(lines),
    )


def take(*lines: Line, day: date, at: datetime, engine: str = "DUCKDB", **other: Any) -> Taken:
    return take_ledger(engine=engine, day=day, said=ledger(*lines, **other), at=at)


def euros(amount: float) -> int:
    """In nanos."""
    return int(Decimal(str(amount)) * NANOS)
