"""Value added tax by country, class and day. Rates in per mille, so no figure is a fraction."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

STANDARD, REDUCED = 1, 2

# (country as the API writes it, class, first day, rate), valid until the next one of its kind.
_RATES = (
    ("D", STANDARD, date(1998, 4, 1), 160),
    ("D", STANDARD, date(2007, 1, 1), 190),
    ("D", STANDARD, date(2020, 7, 1), 160),
    ("D", STANDARD, date(2021, 1, 1), 190),
    ("D", REDUCED, date(1983, 7, 1), 70),
    ("D", REDUCED, date(2020, 7, 1), 50),
    ("D", REDUCED, date(2021, 1, 1), 70),
    ("A", STANDARD, date(1984, 1, 1), 200),
    ("A", REDUCED, date(1984, 1, 1), 100),
    ("CH", STANDARD, date(2011, 1, 1), 80),
    ("CH", STANDARD, date(2018, 1, 1), 77),
    ("CH", STANDARD, date(2024, 1, 1), 81),
    ("CH", REDUCED, date(2011, 1, 1), 25),
    ("CH", REDUCED, date(2024, 1, 1), 26),
)


@lru_cache(maxsize=65_536)
def rate(country: str, tax_number: int, day: int) -> int:
    """Per mille on top of the net price on a day (an ordinal number)."""
    rates = [
        per_mille
        for land, kind, since, per_mille in _RATES
        if (land, kind) == (country, tax_number) and since.toordinal() <= day
    ]
    return rates[-1]


def net_cents(*, gross_cents: int, per_mille: int) -> int:
    """What is left of a gross amount without its tax, rounded half away from zero."""
    divisor = 1000 + per_mille
    net = (2 * abs(gross_cents) * 1000 + divisor) // (2 * divisor)
    return net if gross_cents >= 0 else -net
