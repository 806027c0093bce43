"""The ledger by day, as estimates need it: which days are known as a whole, and what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from portal.costs.figures import Period, correction_sums, ledger_days, line_sums, month_of

# By then Snowflake has told all of a day, also where its bill did not come.
LATEST = timedelta(days=3)
DAY = timedelta(days=1)

ByDay = dict[date, int]


@dataclass(frozen=True)
class Days:
    """Of `whole` days hardly anything will change any more; those of `open` ones may rise."""

    whole: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    @property
    def known(self) -> frozenset[date]:
        return self.whole | self.open


def days_by_engine(*, since: date, today: date) -> dict[str, Days]:
    """The days from `since` to today that each engine has a ledger of."""
    whole: dict[str, set[date]] = defaultdict(set)
    still_open: dict[str, set[date]] = defaultdict(set)
    rows = ledger_days(Period(since, today + DAY)).values_list("engine", "day", "is_billed")
    for engine, day, is_billed in rows:
        is_whole = day < today and (is_billed or day <= today - LATEST)
        (whole if is_whole else still_open)[engine].add(day)
    return {
        engine: Days(frozenset(whole[engine]), frozenset(still_open[engine]))
        for engine in {*whole, *still_open}
    }


def days_of_all(engines: Collection[Days]) -> Days:
    """A day is whole when it is for each engine that had begun by then."""
    every: frozenset[date] = frozenset().union(*(each.known for each in engines))
    begins = [(each, min(each.known)) for each in engines if each.known]
    whole = frozenset(
        day for day in every if all(day in each.whole for each, begin in begins if begin <= day)
    )
    return Days(whole, every - whole)


def costs_by_tenant(
    *, since: date, today: date, kinds: Collection[str] = (), of: Collection[int] | None = None
) -> dict[int, ByDay]:
    """What each tenant cost by day, by its key; days on which it cost nothing are left out.

    :param kinds: of costs that count; all of them if empty
    :param of: keys of the tenants that are asked for; all of them otherwise
    """
    only = Q(tenant__isnull=False) if of is None else Q(tenant__in=of)
    if kinds:
        only &= Q(kind__in=kinds)
    costs: dict[int, ByDay] = defaultdict(dict)
    found = line_sums(Period(since, today + DAY), "tenant_id", "on", only=only)
    for (tenant, day), sums in found.items():
        costs[tenant][day] = sums.amount
    return costs


def costs_of_all(*, since: date, today: date) -> ByDay:
    """What everything cost by day, whoever caused it."""
    found = line_sums(Period(since, today + DAY), "on")
    return {day: sums.amount for (day,), sums in found.items()}


def posted_by_tenant(*, today: date) -> dict[int | None, int]:
    """Corrections of closed months that count in this one, by tenant; None has all others."""
    found = correction_sums(month_of(today), "tenant_id")
    return {tenant: sums.amount for (tenant,), sums in found.items()}
