"""Taking in what an engine cost on a day. Versions are kept; closed months change by journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import TruncDate
from django_scopes import scopes_disabled

from portal.costs.journal import post
from portal.costs.models import Bill, Holder, LedgerDay, LedgerLine, LedgerMonth
from portal.costs.selectors import newest_versions, versions
from portal.lib.errors import Refused
from portal.tenants.models import Tenant

# A month is closed when this day of the next one begins (UTC): until then bills are restated.
CLOSES_ON_DAY = 6
# How long the lines of a version that was replaced can still be looked at. Its bill stays.
LINES_KEPT = timedelta(days=60)
PROVISIONAL_LINES_KEPT = timedelta(days=3)
WHO = "the ledger"
# A hundred million units, or of money, on one day, whatever their signs: what the days of two
# months sum to, the database still holds as a bigint (SQLite sums in it, PostgreSQL does not).
MOST_NANOS = 10**17


@dataclass(frozen=True)
class Billed:
    service_type: str
    unit: str
    nanos: int
    amount_nanos: int


@dataclass(frozen=True)
class Line:
    """Field by field as `Part`."""

    holder: str
    tenant_code: UUID | None
    kind: str
    service_type: str
    warehouse: str
    unit: str
    nanos: int
    amount_nanos: int
    is_estimated: bool = False
    is_inferred: bool = False


@dataclass(frozen=True)
class Ledger:
    """What is said of one day. The same digest means the same content."""

    currency: str
    is_billed: bool
    digest: str
    bill: list[Billed]
    lines: list[Line]
    files: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    version: int
    is_new: bool


def take_ledger(*, engine: str, day: date, said: Ledger, at: datetime) -> Taken:
    """Write down what is said of a day, as its next version. Saying it again changes nothing.

    In a closed month what counts stays, and the difference is posted to the journal on `at`'s day.

    :param day: of UTC
    :raises Refused: if the lines do not sum to the bill, or it cannot be added up with the others
    """
    _check(said)
    if day > at.astimezone(UTC).date():
        raise Refused(f"{day} has not come yet. Send it when it has.", field="day")
    with transaction.atomic(), scopes_disabled():  # the platform's books are about all tenants
        month = hold_month(day)
        newest = versions(engine=engine, day=day).first()
        if newest is not None and newest.digest == said.digest:
            _see([newest.pk], at)
            return Taken(newest.version, is_new=False)
        counts = month.closed_at is None
        if counts:
            versions(engine=engine, day=day).filter(is_current=True).update(is_current=False)
        number = newest.version + 1 if newest else 1
        ledger = _write(engine, day, said, number, is_current=counts, at=at)
        if newest is None:  # which happens once a day
            _forget_old_lines(at)
        if not counts:
            post(ledger=ledger, at=at, who=WHO)
    return Taken(number, is_new=True)


def confirm_days(*, engine: str, days: Collection[date], at: datetime) -> list[date]:
    """Of these days nothing else is to be said than what there is. Days without one are left out.

    :return: the days that have a ledger
    """
    if not days:
        return []
    found = newest_versions(engine=engine, first=min(days), last=max(days))
    confirmed = {day: each.pk for day, each in found.items() if day in set(days)}
    _see(confirmed.values(), at)
    return list(confirmed)


def _see(ledgers: Collection[int], at: datetime) -> None:
    """Who was slow does not take back what was seen later."""
    LedgerDay.objects.filter(pk__in=ledgers, seen_at__lt=at).update(seen_at=at)


def close_months(*, at: datetime) -> list[LedgerMonth]:
    """Close the months whose bills are not restated any more. Doing it twice is harmless."""
    today = at.astimezone(UTC).date()
    last = (today - timedelta(days=CLOSES_ON_DAY - 1)).replace(day=1)
    closed = []
    for each in LedgerMonth.objects.filter(closed_at=None, month__lt=last).order_by("month"):
        with transaction.atomic():
            month = hold_month(each.month)
            if month.closed_at is None:
                month.closed_at, month.who = at, WHO
                month.save(update_fields=["closed_at", "who"])
                closed.append(month)
    return closed


def hold_month(day: date) -> LedgerMonth:
    """The month of a day; others who write about it wait for the end of the transaction."""
    first = day.replace(day=1)
    LedgerMonth.objects.get_or_create(month=first)
    held: LedgerMonth = LedgerMonth.objects.select_for_update().get(month=first)
    return held


def _write(
    engine: str, day: date, said: Ledger, number: int, *, is_current: bool, at: datetime
) -> LedgerDay:
    ledger = LedgerDay.objects.create(
        engine=engine,
        day=day,
        version=number,
        is_current=is_current,
        is_billed=said.is_billed,
        currency=said.currency,
        digest=said.digest,
        files=said.files,
        taken_at=at,
        seen_at=at,
    )
    Bill.objects.bulk_create(Bill(ledger=ledger, **vars(each)) for each in said.bill)
    known = _tenants(line.tenant_code for line in said.lines)
    LedgerLine.objects.bulk_create(
        (LedgerLine(ledger=ledger, **vars(line), **_named(line, known)) for line in said.lines),
        batch_size=500,
    )
    return ledger


def _tenants(codes: Iterable[UUID | None]) -> dict[UUID | None, Tenant]:
    asked = {code for code in codes if code is not None}
    return {each.code: each for each in Tenant.objects.filter(code__in=asked)}


def _named(line: Line, known: dict[UUID | None, Tenant]) -> dict[str, Any]:
    """Nothing of a tenant that is not here, or not any more: its code stays."""
    tenant = known.get(line.tenant_code)
    return {} if tenant is None else {"tenant": tenant, "tenant_slug": tenant.slug}


def _forget_old_lines(at: datetime) -> None:
    """Of versions that do not count. What closed months were corrected by is in the journal."""
    replaced = LedgerLine.objects.filter(ledger__is_current=False)
    whole = replaced.filter(ledger__taken_at__lt=at - LINES_KEPT)
    # A version of a day that was not over is a step on the way: the next one has all of it.
    provisional = replaced.filter(
        ledger__taken_at__lt=at - PROVISIONAL_LINES_KEPT,
        ledger__day__gte=TruncDate("ledger__taken_at", tzinfo=UTC),
    )
    (whole | provisional).delete()


def _check(said: Ledger) -> None:
    if said.currency != settings.COST_CURRENCY:
        raise Refused(
            f"This ledger is in {said.currency}, the others are in {settings.COST_CURRENCY}."
            " Set MERCURIOS_COST_CURRENCY to the currency of the bills.",
            field="currency",
        )
    for line in said.lines:
        if (line.holder == Holder.TENANT) != (line.tenant_code is not None):
            raise Refused("A line names a tenant's code if its holder is TENANT.", field="lines")
    for name in ("nanos", "amount_nanos"):
        if sum(abs(getattr(each, name)) for each in said.lines) > MOST_NANOS:
            raise Refused(
                f"The lines come to more than {MOST_NANOS} {name} in all, which is more than can"
                " be added up with other days.",
                field="lines",
            )
    bill: dict[tuple[str, str], tuple[int, int]] = {}
    for billed in said.bill:
        key = (billed.service_type, billed.unit)
        if key in bill:
            raise Refused(f"The bill has {key[0]} in {key[1]} twice.", field="bill")
        bill[key] = (billed.nanos, billed.amount_nanos)
    sums = _sums(said.lines)
    for key in sorted(bill.keys() | sums.keys()):
        if sums[key] != bill.get(key, (0, 0)):
            raise Refused(
                f"The lines of {key[0]} in {key[1]} do not sum to its bill: {sums[key]} instead"
                f" of {bill.get(key, 'nothing')}, in billionths of the unit and of money.",
                field="lines",
            )


def _sums(lines: Iterable[Line]) -> defaultdict[tuple[str, str], tuple[int, int]]:
    found: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in lines:
        nanos, amount = found[line.service_type, line.unit]
        found[line.service_type, line.unit] = (nanos + line.nanos, amount + line.amount_nanos)
    return found
