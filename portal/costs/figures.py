"""Sums of the ledger for pages and reports: whole numbers of the database, exact to the last digit.

What counts are the lines of each day's current version, and the journal's on the day they are
posted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, Sum
from django_scopes import scopes_disabled

from portal.costs.models import JournalLine, LedgerDay, LedgerLine

if TYPE_CHECKING:
    from django.db.models import QuerySet

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Period:
    """UTC days from the first up to the end, which is not part of it."""

    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def days(self) -> list[date]:
        return [self.first + timedelta(days=at) for at in range((self.end - self.first).days)]


@dataclass(frozen=True)
class Amounts:
    """Billionths of a unit, and of money; how much of the money is estimated, and inferred."""

    nanos: int = 0
    amount: int = 0
    estimated: int = 0
    inferred: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.nanos + other.nanos,
            self.amount + other.amount,
            self.estimated + other.estimated,
            self.inferred + other.inferred,
        )


NOTHING = Amounts()
# Of days that can be asked about; there is a day before and after each of them.
YEARS = range(2000, 3000)


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1))


def day_of(day: date) -> Period:
    return Period(day, day + timedelta(days=1))


def sums(period: Period, *by: str, only: Q | None = None) -> dict[Key, Amounts]:
    """What was spent, by fields of lines; `on` is the day that a line counts on."""
    found = line_sums(period, *by, only=only)
    for key, amounts in correction_sums(period, *by, only=only).items():
        found[key] = found.get(key, NOTHING) + amounts
    return found


def line_sums(period: Period, *by: str, only: Q | None = None) -> dict[Key, Amounts]:
    with scopes_disabled():  # the platform's own books are about all tenants
        rows = LedgerLine.objects.filter(
            ledger__is_current=True, ledger__day__gte=period.first, ledger__day__lt=period.end
        )
        return _added(rows.annotate(on=F("ledger__day")), by, only)


def correction_sums(period: Period, *by: str, only: Q | None = None) -> dict[Key, Amounts]:
    """The same of the journal: what closed months are corrected by."""
    with scopes_disabled():  # the platform's own books are about all tenants
        rows = JournalLine.objects.filter(
            entry__posted_on__gte=period.first, entry__posted_on__lt=period.end
        )
        return _added(rows.annotate(on=F("entry__posted_on")), by, only)


def regrouped(found: dict[Key, Amounts], *places: int) -> dict[Key, Amounts]:
    """Sums by some of the fields of finer sums, which needs no further question."""
    coarse: dict[Key, Amounts] = defaultdict(Amounts)
    for key, amounts in found.items():
        coarse[tuple(key[at] for at in places)] += amounts
    return dict(coarse)


def total(found: Iterable[Amounts]) -> Amounts:
    return sum(found, NOTHING)


def ledger_days(period: Period) -> QuerySet[LedgerDay]:
    """The current versions."""
    found = LedgerDay.objects.filter(is_current=True, day__gte=period.first, day__lt=period.end)
    return found.order_by("day", "engine")


def _added(rows: QuerySet[Any], by: tuple[str, ...], only: Q | None) -> dict[Key, Amounts]:
    grouped = (
        rows.filter(only or Q())
        .order_by()
        .values_list(*by)
        .annotate(
            sum_nanos=Sum("nanos"),
            sum_amount=Sum("amount_nanos"),
            sum_estimated=Sum("amount_nanos", filter=Q(is_estimated=True), default=0),
            sum_inferred=Sum("amount_nanos", filter=Q(is_inferred=True), default=0),
        )
    )
    # PostgreSQL's sums of bigint are numeric, which are decimals here.
    return {row[:-4]: Amounts(*(int(each or 0) for each in row[-4:])) for row in grouped}
