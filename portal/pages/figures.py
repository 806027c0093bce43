"""A headline figure, what it means, and how it compares to the period before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.pages import amounts
from portal.pages.amounts import Number


@dataclass(frozen=True)
class Change:
    """The sign is in words and in an arrow: colour alone tells nothing to many people."""

    direction: str  # "up", "down" or "level"
    text: str
    is_good: bool | None


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    definition: str = ""
    change: Change | None = None
    note: str = ""
    href: str = ""


def money_change(
    now: Number | None,
    before: Number | None,
    *,
    currency: str,
    than: str,
    more_is_good: bool = True,
) -> Change:
    if now is None or before is None:
        return _incomparable(than)
    difference = amounts.money(abs(Decimal(now) - Decimal(before)), currency)
    return _change(now, before, difference, than, more_is_good)


def count_change(now: Number | None, before: Number | None, *, than: str) -> Change:
    if now is None or before is None:
        return _incomparable(than)
    return _change(
        now, before, amounts.quantity(abs(Decimal(now) - Decimal(before))), than, more_is_good=True
    )


def _change(now: Number, before: Number, difference: str, than: str, more_is_good: bool) -> Change:
    if now == before:
        return Change("level", f"the same as in {than}", None)
    rises = now > before
    # Percent of nothing, or of a loss, says nothing.
    share = f" ({_percent(now, before)})" if before > 0 else ""
    words = "more" if rises else "less"
    return Change(
        "up" if rises else "down",
        f"{difference}{share} {words} than in {than}",
        rises == more_is_good,
    )


def _incomparable(than: str) -> Change:
    return Change("level", f"nothing to compare with in {than}", None)


def _percent(now: Number, before: Number) -> str:
    ratio = (Decimal(now) - Decimal(before)) / Decimal(before)
    return ("+" if ratio > 0 else "") + amounts.percent(ratio)
