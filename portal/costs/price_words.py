"""The price of a schedule in words, for people and for programs alike."""

from __future__ import annotations

from portal.costs.schedule_price import LEAST_DAYS, Basis, Quantiles, SchedulePrice
from portal.costs.tables import decimal_of, money_of, money_places


def price_sentence(price: SchedulePrice, *, currency: str) -> str:
    """What it costs, or that this cannot be told."""
    if not price.is_scheduled:
        return f"It runs only when asked{_each(price.per_run, currency)}."
    month = f"{price.month:%B %Y}"
    if not price.starts:
        return f"It does not start in {month}, so it costs nothing then."
    if price.likely is None or price.low is None or price.high is None:
        return f"It starts {_times(price.starts)} in {month}. What that costs cannot be told yet."
    cost = _range(price.low, price.likely, price.high, currency)
    if price.runs < price.starts:
        more = "its runs last beyond the next start"
        return (
            f"In {month} it costs {cost}: {price.runs:,} of {price.starts:,} starts run, as {more}."
        )
    return f"In {month} it costs {cost}: it runs {_times(price.runs)}."


def _each(per_run: Quantiles | None, currency: str) -> str:
    if per_run is None:
        return ""
    return f". A run costs {_range(per_run.p10, per_run.p50, per_run.p90, currency)}"


def _range(low: int, likely: int, high: int, currency: str) -> str:
    places = money_places(decimal_of(high))
    likely_text, low_text, high_text = (money_of(each, places) for each in (likely, low, high))
    if low_text == high_text:
        return f"about {likely_text} {currency}"
    return f"about {likely_text} {currency}, between {low_text} and {high_text}"


def basis_sentence(price: SchedulePrice) -> str:
    """What it is told from, and how far off that has been."""
    match price.basis:
        case Basis.OWN:
            told = f"Told from what its own runs cost on {price.days} days."
        case Basis.PEERS:
            told = (
                f"It has run on fewer than {LEAST_DAYS} days, so this is told from {price.days}"
                f" days of {_others(price.peers)} with the same connector and engine."
            )
        case Basis.NONE:
            return (
                f"Neither it nor others with the same connector and engine have run on {LEAST_DAYS}"
                " days whose cost is known."
            )
    if price.error is None:
        return f"{told} That is too little to say how far off it may be."
    return f"{told} Tried on what is past, this was off by {price.error:.0%} at the median."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _others(number: int) -> str:
    return "another connection" if number == 1 else f"{number} other connections"
