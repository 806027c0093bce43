"""What a month will have cost at its end: a simple method, with how far off it has been before.

A day is expected to cost the median of the same weekdays of the four weeks before, where at least
three of them are known, and the mean of all known days of these weeks otherwise; never less than
nothing. What is left of a month is the sum of its expected days. Days are UTC days, so that each
has 24 hours. Costs are whole billionths of money.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.costs.back_test import Trial, middle, quantile, typical_error

Costs = Mapping[date, int]

REMEMBERED = timedelta(weeks=4)
SAME_WEEKDAYS = 3
LEAST_DAYS = 7
# It is tried as of so many past days at most, for as many days as are left, but a week at most:
# these days hold few longer stretches that differ.
TRIALS = 42
LONGEST_TRIAL = 7
LEAST_TRIALS = 7
# How far back a forecast looks, its back-tests included.
HISTORY = REMEMBERED + timedelta(days=TRIALS + LONGEST_TRIAL)
LOW, HIGH = 5, 95


@dataclass(frozen=True)
class Forecast:
    """Of a whole month. Between `low` and `high` nine of ten back-tests would have ended.

    :param to_date: what the month cost so far
    :param value: nothing while there is too little history; never below `to_date`
    :param error: the median of the errors of the back-tests, as a share of what the days to come
        really cost
    :param windows: how many back-tests there were
    :param days: how many whole days it is told from
    """

    to_date: int
    value: int | None = None
    low: int | None = None
    high: int | None = None
    error: float | None = None
    windows: int = 0
    days: int = 0
    sentence: str = ""


def month_forecast(
    *, days: Costs, so_far: Costs, today: date, posted: int = 0, unledgered: int = 0
) -> Forecast:
    """
    :param days: whole days with what each cost, also where that is nothing; today is none of them
    :param so_far: days that may still cost more, such as today, with what they cost so far
    :param posted: corrections of earlier months that count in this one
    :param unledgered: what runs of days until today are believed to cost, and no day has yet
    """
    month = list(month_of(today))
    to_date = posted + unledgered + sum(days.get(day, so_far.get(day, 0)) for day in month)
    known = len(_recent(days, before=today))
    by_weekday = expected_by_weekday(days, before=today)
    if by_weekday is None:
        return Forecast(to_date=to_date, days=known, sentence=_too_early(known))
    begin = min([*days, *so_far])  # before it, there was nothing to pay for
    left = [day for day in month if day not in days and day >= begin]
    more = {day: max(by_weekday[day.weekday()] - so_far.get(day, 0), 0) for day in left}
    until_today = sum(cost for day, cost in more.items() if day <= today)
    later = sum(cost for day, cost in more.items() if day > today)
    value = to_date + max(until_today - unledgered, 0) + later
    trials = back_test(days, today=today, length=min(len(left), LONGEST_TRIAL))
    if len(trials) < LEAST_TRIALS:
        sentence = "Too few days have passed to say how far off this may be."
        return Forecast(to_date=to_date, value=value, days=known, sentence=sentence)
    length = min(len(left), LONGEST_TRIAL)
    missed = [(trial.was - trial.said) * len(left) // length for trial in trials]
    return Forecast(
        to_date=to_date,
        value=value,
        low=max(to_date, value + min(quantile(missed, LOW), 0)),
        high=value + max(quantile(missed, HIGH), 0),
        error=typical_error(trials),
        windows=len(trials),
        days=known,
        sentence=f"Tried as of {len(trials)} past days, the days to come were off by"
        f" {typical_error(trials):.0%} at the median.",
    )


def expected_by_weekday(days: Costs, *, before: date) -> list[int] | None:
    """What a Monday, a Tuesday and so on is expected to cost; nothing where too little is known."""
    recent = _recent(days, before=before)
    if len(recent) < LEAST_DAYS:
        return None
    mean = sum(recent.values()) // len(recent)
    found = []
    for weekday in range(7):
        alike = [cost for day, cost in recent.items() if day.weekday() == weekday]
        found.append(max(middle(alike) if len(alike) >= SAME_WEEKDAYS else mean, 0))
    return found


def back_test(days: Costs, *, today: date, length: int) -> list[Trial]:
    """What would have been said as of past days for so many days, and what these really cost."""
    trials = []
    for back in range(TRIALS):
        begin = today - timedelta(days=length + back)
        stretch = [begin + timedelta(days=day) for day in range(length)]
        by_weekday = expected_by_weekday(days, before=begin)
        if by_weekday is not None and all(day in days for day in stretch):
            said = sum(by_weekday[day.weekday()] for day in stretch)
            trials.append(Trial(said=said, was=sum(days[day] for day in stretch)))
    return trials


def month_of(day: date) -> Iterator[date]:
    """Its days."""
    _, last = monthrange(day.year, day.month)
    return (day.replace(day=number) for number in range(1, last + 1))


def _recent(days: Costs, *, before: date) -> dict[date, int]:
    return {day: cost for day, cost in days.items() if before - REMEMBERED <= day < before}


def _too_early(known: int) -> str:
    counted = "one whole day is" if known == 1 else f"{known} whole days are"
    return f"There is no forecast yet: {counted} known, and it takes {LEAST_DAYS}."
