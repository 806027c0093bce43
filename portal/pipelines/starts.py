"""When a deployment will start by itself, counted as Prefect counts.

Only for the hour that the clocks skip or repeat, Prefect may differ by one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from portal.connections.models import Connection
from portal.pipelines.desired import Timing, is_held_back, timing_of
from portal.pipelines.prefect_form import ANCHOR


def next_starts(*, connection: Connection, after: datetime, count: int = 3) -> list[datetime]:
    """The next moments in the tenant's time zone.

    None for a connection that runs when asked, or whose tenant's runs a budget pauses.
    """
    timing = None if is_held_back(connection) else timing_of(connection)
    return starts_after(timing, after, count=count) if timing else []


def starts_after(timing: Timing, after: datetime, *, count: int) -> list[datetime]:
    local = after.astimezone(ZoneInfo(timing.time_zone))
    if timing.cron is not None:
        return _by_cron(timing.cron, local, count)
    return _by_interval(timing, local, count)


def _by_cron(cron: str, local: datetime, count: int) -> list[datetime]:
    # Counted on the wall clock, so that 02:15 stays 02:15 when the clocks change.
    wall = croniter(cron, local.replace(tzinfo=None), day_or=True)
    found = (wall.get_next(datetime).replace(tzinfo=local.tzinfo) for _ in range(count))
    # An hour that the clocks skip does not exist; going through UTC gives the one that does.
    return [each.astimezone(UTC).astimezone(local.tzinfo) for each in found]


def _by_interval(timing: Timing, local: datetime, count: int) -> list[datetime]:
    """Whole days follow the wall clock, everything shorter follows UTC."""
    interval = timedelta(seconds=timing.interval_seconds or 0)
    anchor = datetime.fromisoformat(ANCHOR)
    passed = (local.astimezone(UTC) - anchor) // interval
    moment = (anchor + interval * passed).astimezone(local.tzinfo)
    while moment <= local:
        moment = _next(moment, interval)
    starts = [moment]
    while len(starts) < count:
        starts.append(_next(starts[-1], interval))
    return starts


def _next(moment: datetime, interval: timedelta) -> datetime:
    # Adding to the wall clock forgets which one it is of an hour that is repeated.
    on_the_wall = moment + timedelta(days=interval.days) if interval.days else moment
    return _later(on_the_wall, interval - timedelta(days=interval.days))


def _later(moment: datetime, passed: timedelta) -> datetime:
    return (moment.astimezone(UTC) + passed).astimezone(moment.tzinfo)
