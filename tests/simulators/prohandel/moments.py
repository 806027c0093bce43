"""Local time as the API writes it: no offset, up to seven fractional digits, no trailing zeros.

Inside the simulator a moment is a whole number of ticks (100 ns) since day 0, a day its ordinal.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

SECOND = 10_000_000
DAY = 86_400 * SECOND
NEVER = "1990-01-01T00:00:00"
HISTORY_DAYS = 730

_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?)?")
_WEEKDAY_WEIGHTS = (8, 8, 9, 10, 12, 16, 1)  # Monday to Sunday: few shops open on a Sunday
_MONTH_WEIGHTS = (9, 8, 10, 10, 10, 9, 10, 8, 10, 11, 12, 15)


class NotALocalTime(ValueError):
    """The text is no ISO local time."""


@lru_cache(maxsize=8192)
def date_text(day: int) -> str:
    return date.fromordinal(day).isoformat()


def midnight_text(day: int) -> str:
    return f"{date_text(day)}T00:00:00"


def moment_text(ticks: int) -> str:
    day, rest = divmod(ticks, DAY)
    seconds, fraction = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    text = f"{date_text(day)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
    return f"{text}.{fraction:07d}".rstrip("0") if fraction else text


def parse_moment(text: str) -> int:
    """Ticks of an ISO local time.

    :raises NotALocalTime: also for a time with an offset, because the API's clock has none
    """
    match = _LOCAL.fullmatch(text)
    if match is None:
        raise NotALocalTime(text)
    day_text, hour, minute, second, fraction = match.groups(default="0")
    try:
        day = date.fromisoformat(day_text).toordinal()
    except ValueError as error:
        raise NotALocalTime(text) from error
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise NotALocalTime(text)
    return day * DAY + seconds * SECOND + int(fraction.ljust(7, "0"))


def trading_weight(day: int) -> int:
    """How busy a day is, compared with the others."""
    when = date.fromordinal(day)
    return _WEEKDAY_WEIGHTS[when.weekday()] * _MONTH_WEIGHTS[when.month - 1]
