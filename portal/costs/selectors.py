"""Reading the books themselves: versions of a day, closed months, the journal. Sums: `figures`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from portal.costs.models import JournalEntry, LedgerDay, LedgerMonth

if TYPE_CHECKING:
    from django.db.models import QuerySet


def versions(*, engine: str, day: date) -> QuerySet[LedgerDay]:
    """All that was ever said of a day, the newest first."""
    return LedgerDay.objects.filter(engine=engine, day=day).order_by("-version")


def newest_versions(*, engine: str, first: date, last: date) -> dict[date, LedgerDay]:
    """The newest version of each day, whether it counts or was only posted to the journal."""
    found = LedgerDay.objects.filter(engine=engine, day__gte=first, day__lte=last)
    return {each.day: each for each in found.order_by("day", "version")}


def closed_months() -> QuerySet[LedgerMonth]:
    return LedgerMonth.objects.exclude(closed_at=None).order_by("-month")


def is_closed(month: date) -> bool:
    """
    :param month: any day of it
    """
    return closed_months().filter(month=month.replace(day=1)).exists()


def journal() -> QuerySet[JournalEntry]:
    """What was posted, newest first, with its lines."""
    found = JournalEntry.objects.select_related("ledger").prefetch_related("lines")
    return found.order_by("-pk")
