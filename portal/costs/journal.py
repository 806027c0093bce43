"""Corrections of closed months: the difference to what was said before, on the day it is posted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.costs.models import JournalEntry, JournalLine, LedgerDay, LedgerLine

# What makes two lines be about the same cost.
SAME = ("holder", "tenant_code", "kind", "service_type", "warehouse", "unit")
Key = tuple[Any, ...]


@dataclass
class Sum:
    """What lines of one key come to. Marks and names are those of the last of them."""

    nanos: int = 0
    amount_nanos: int = 0
    tenant_id: int | None = None
    tenant_slug: str = ""
    is_estimated: bool = False
    is_inferred: bool = False


def post(*, ledger: LedgerDay, at: datetime, who: str) -> JournalEntry | None:
    """Post what a version that does not count says beyond what counts already; None if nothing.

    What counts is the day's current version and all that was posted about the day before. The
    caller holds the month.
    """
    before = _summed([*_current(ledger), *_posted(ledger)])
    after = _summed(LedgerLine.objects.filter(ledger=ledger))
    differences = list(_differences(before, after))
    if not differences:
        return None
    entry = JournalEntry.objects.create(
        ledger=ledger,
        posted_on=at.astimezone(UTC).date(),
        reason=f"{ledger.get_engine_display()} restated {ledger.day} after its month was closed.",
        who=who,
        at=at,
    )
    JournalLine.objects.bulk_create(
        (
            JournalLine(entry=entry, **dict(zip(SAME, key, strict=True)), **vars(difference))
            for key, difference in differences
        ),
        batch_size=500,
    )
    return entry


def _current(ledger: LedgerDay) -> Iterable[LedgerLine]:
    found: Iterable[LedgerLine] = LedgerLine.objects.filter(
        ledger__engine=ledger.engine, ledger__day=ledger.day, ledger__is_current=True
    )
    return found


def _posted(ledger: LedgerDay) -> Iterable[JournalLine]:
    found: Iterable[JournalLine] = JournalLine.objects.filter(
        entry__ledger__engine=ledger.engine, entry__ledger__day=ledger.day
    ).order_by("pk")
    return found


def _summed(lines: Iterable[LedgerLine | JournalLine]) -> dict[Key, Sum]:
    found: dict[Key, Sum] = {}
    for line in lines:
        one = found.setdefault(tuple(getattr(line, name) for name in SAME), Sum())
        one.nanos += line.nanos
        one.amount_nanos += line.amount_nanos
        one.tenant_id, one.tenant_slug = line.tenant_id, line.tenant_slug
        one.is_estimated, one.is_inferred = line.is_estimated, line.is_inferred
    return found


def _differences(before: dict[Key, Sum], after: dict[Key, Sum]) -> Iterable[tuple[Key, Sum]]:
    for key in before | after:
        old, new = before.get(key, Sum()), after.get(key)
        shown = new or old
        nanos = (new.nanos if new else 0) - old.nanos
        amount = (new.amount_nanos if new else 0) - old.amount_nanos
        if nanos or amount:
            yield (
                key,
                Sum(
                    nanos,
                    amount,
                    shown.tenant_id,
                    shown.tenant_slug,
                    shown.is_estimated,
                    shown.is_inferred,
                ),
            )
