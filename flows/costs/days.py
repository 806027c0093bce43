"""What a ledger says of one UTC day of one engine: the bill, and the lines that sum to it.

Quantities and money are whole numbers of a billionth (`nanos`) of their unit, so that sums are
exact everywhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Prices:
    """What a unit costs where no rate sheet says it; the portal's settings name them."""

    currency: str
    credit: Decimal
    snowflake_tb_month: Decimal
    cpu_hour: Decimal
    gb_read: Decimal
    gb_month: Decimal


@dataclass(frozen=True)
class Bill:
    """What is to be explained: one service of one day."""

    service_type: str
    unit: str
    nanos: int
    amount_nanos: int


@dataclass(frozen=True)
class Line:
    """A part of the bill, and who caused it. Field by field as `LedgerLine` of the portal."""

    holder: str
    tenant_code: str
    kind: str
    service_type: str
    warehouse: str
    unit: str
    nanos: int
    amount_nanos: int
    is_estimated: bool
    is_inferred: bool


@dataclass(frozen=True)
class DayLedger:
    """One day of one engine. `files` are Parquet files of this machine, by what they hold."""

    engine: str
    day: date
    currency: str
    is_billed: bool
    bill: list[Bill]
    lines: list[Line]
    files: dict[str, Path] = field(default_factory=dict)

    @cached_property
    def file_digests(self) -> dict[str, str]:
        return {name: _sha256(file) for name, file in sorted(self.files.items())}

    @cached_property
    def digest(self) -> str:
        """Of everything that is told and of the files behind it."""
        said = json.dumps([self.for_portal(), self.file_digests], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def for_portal(self) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "is_billed": self.is_billed,
            "bill": [vars(each) for each in self.bill],
            "lines": [vars(each) for each in self.lines],
        }


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
