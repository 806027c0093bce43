"""One UTC day of one engine: its versions, what is billed, and what a version changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum
from django_scopes import scopes_disabled

from portal.costs.figures import NOTHING, Amounts
from portal.costs.models import JournalEntry, LedgerDay, LedgerLine

PART = ("holder", "tenant_slug", "kind", "service_type", "warehouse", "unit")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """A line of a version, and of the one before."""

    key: Key
    before: Amounts
    after: Amounts


@dataclass(frozen=True)
class EngineDay:
    """`shown` is one of the versions; `changes` compare it with the one before."""

    engine: str
    versions: list[LedgerDay]
    amounts: dict[int, int]  # what each version is billed at, by its key
    shown: LedgerDay
    lines: dict[Key, Amounts]
    before: LedgerDay | None
    changes: list[Change]
    are_lines_kept: bool
    entries: list[JournalEntry]


def engine_days(day: date, *, wanted: dict[str, int]) -> list[EngineDay]:
    """
    :param wanted: the number of the version to show, by engine; the one that counts without it
    """
    versions: dict[str, list[LedgerDay]] = {}
    rows = LedgerDay.objects.filter(day=day).order_by("engine", "-version")
    for each in rows.annotate(billed=Sum("bill__amount_nanos")):
        versions.setdefault(each.engine, []).append(each)
    with scopes_disabled():  # a ledger is about all tenants
        found = [_engine_day(name, each, wanted.get(name)) for name, each in versions.items()]
    return sorted(found, key=lambda each: -each.amounts[each.shown.pk])


def _engine_day(engine: str, versions: list[LedgerDay], wanted: int | None) -> EngineDay:
    counting = next((each for each in versions if each.is_current), versions[0])
    shown = next((each for each in versions if each.version == wanted), counting)
    before = next((each for each in versions if each.version < shown.version), None)
    lines = _lines(shown)
    earlier = _lines(before) if before else {}
    entries = JournalEntry.objects.filter(ledger__in=versions).prefetch_related("lines")
    return EngineDay(
        engine=engine,
        versions=versions,
        amounts={each.pk: int(getattr(each, "billed", None) or 0) for each in versions},
        shown=shown,
        lines=lines,
        before=before,
        changes=_changes(earlier, lines) if earlier and lines else [],
        are_lines_kept=bool(lines) and (before is None or bool(earlier)),
        entries=list(entries),
    )


def _lines(ledger: LedgerDay) -> dict[Key, Amounts]:
    rows = (
        LedgerLine.objects.filter(ledger=ledger)
        .values_list(*PART)
        .annotate(Sum("nanos"), Sum("amount_nanos"))
    )
    return {row[:-2]: Amounts(int(row[-2]), int(row[-1])) for row in rows}


def _changes(before: dict[Key, Amounts], after: dict[Key, Amounts]) -> list[Change]:
    """Lines that are not the same, the largest change of money first."""
    found = [
        Change(key, before.get(key, NOTHING), after.get(key, NOTHING))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    ]
    return sorted(found, key=lambda each: (-abs(each.after.amount - each.before.amount), each.key))
