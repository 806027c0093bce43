"""How often a schedule starts in a month, told without stepping through every start of it.

Counted on the tenant's wall clock: the hour that the clocks skip or repeat may make one of
difference for starts within it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from portal.pipelines.desired import Timing
from portal.pipelines.prefect_form import ANCHOR
from portal.pipelines.starts import starts_after

DAY = timedelta(days=1)
# Of each of cron's first two fields; the library writes a `*` as itself.
MINUTES, HOURS = 60, 24


def start_seconds(timing: Timing, *, begin: date, end: date) -> list[int]:
    """When it starts from one day to another, in seconds since the first midnight, in order.

    :param end: is no longer part of it
    """
    if timing.cron is not None:
        return _by_cron(timing.cron, begin, end)
    interval = timedelta(seconds=timing.interval_seconds or 0)
    if interval < DAY:
        return _by_short_interval(timing, interval, begin, end)
    zone = ZoneInfo(timing.time_zone)
    first = datetime.combine(begin, time(), zone)
    starts = starts_after(timing, first - timedelta(microseconds=1), count=(end - begin).days)
    last = datetime.combine(end, time(), zone)
    return [round((start - first).total_seconds()) for start in starts if start < last]


def runs_that_fit(starts: list[int], *, seconds: float) -> int:
    """How many of the starts can run if each run takes so long: never do two run at once."""
    count = at = 0
    while at < len(starts):
        count += 1
        at = max(bisect_left(starts, starts[at] + seconds), at + 1)
    return count


def _by_cron(cron: str, begin: date, end: date) -> list[int]:
    """Every day that it comes is alike, so it is enough to step through the days."""
    (minutes, hours, *_), _ = croniter.expand(cron)
    times = sorted(
        60 * (60 * hour + minute)
        for hour in _numbers(hours, HOURS)
        for minute in _numbers(minutes, MINUTES)
    )
    midnights = croniter(
        " ".join(["0", "0", *cron.split()[2:]]),
        datetime.combine(begin, time()) - timedelta(seconds=1),
        day_or=True,
    )
    found = []
    while (midnight := midnights.get_next(datetime).date()) < end:
        passed = (midnight - begin).days * 86_400
        found += [passed + each for each in times]
    return found


def _numbers(field: Sequence[int | str], size: int) -> list[int]:
    return list(range(size)) if "*" in field else [int(each) for each in field]


def _by_short_interval(timing: Timing, interval: timedelta, begin: date, end: date) -> list[int]:
    zone, anchor = ZoneInfo(timing.time_zone), datetime.fromisoformat(ANCHOR)
    first, last = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (begin, end))
    to_first = (anchor - first) % interval
    length = round((last - first).total_seconds())
    return list(range(round(to_first.total_seconds()), length, round(interval.total_seconds())))
