"""How old the numbers of a publication are, and whether that is older than they should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from croniter import croniter

from portal.connections.models import Connection, Schedule
from portal.pages import amounts
from portal.publications.manifest import Manifest

UNSCHEDULED = timedelta(hours=36)
# With a nightly run these are 36 hours, too: one that failed shows in the afternoon.
HALF_A_DAY = timedelta(hours=12)
# A run takes its time, however often it starts.
GRACE = timedelta(minutes=30)


@dataclass(frozen=True)
class Freshness:
    """Times in the tenant's time zone. `warning` is a sentence, or empty while all is well."""

    read_at: str
    published_at: str
    time_zone: str
    warning: str


def freshness(
    *, manifest: Manifest, connections: Iterable[Connection], time_zone: str, now: datetime
) -> Freshness:
    zone = ZoneInfo(time_zone)
    read: dict[UUID, datetime] = {}
    for stream in manifest.streams:
        seen = read.get(stream.connection)
        read[stream.connection] = max(stream.read_at, seen) if seen else stream.read_at
    newest = max(read.values(), default=None)
    return Freshness(
        read_at=amounts.moment(newest, zone) if newest else "",
        published_at=amounts.moment(manifest.published_at, zone),
        time_zone=time_zone,
        warning=_warning(read, {each.code: each for each in connections}, zone, now),
    )


def _warning(
    read: dict[UUID, datetime], known: dict[UUID, Connection], zone: ZoneInfo, now: datetime
) -> str:
    """What a connection that was since removed last read is nobody's concern any more."""
    concerned = {code: at for code, at in read.items() if code in known} or read
    late = [
        f"{known[code].name if code in known else 'the till'} ({amounts.moment(at, zone)})"
        for code, at in concerned.items()
        if is_late(at, schedule=_schedule(known.get(code)), zone=zone, now=now)
    ]
    if not late:
        return ""
    return (
        f"These numbers are older than they should be. Last read: {', '.join(sorted(late))}."
        " Ask your administrator to look at the latest run."
    )


def is_late(read_at: datetime, *, schedule: Schedule | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether two runs should have come since, or one, half a day ago; without a schedule,
    whether 36 hours have passed. A pause that the schedule itself makes, as over Sunday, is none.
    """
    if now - read_at <= GRACE:
        return False
    starts = _latest_starts(schedule, zone=zone, now=now)
    if starts is None:
        return now - read_at > UNSCHEDULED
    latest, one_before = starts
    return one_before > read_at or (latest > read_at and now - latest > HALF_A_DAY)


def _latest_starts(
    schedule: Schedule | None, *, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime] | None:
    match schedule:
        case Schedule(kind=Schedule.Kind.INTERVAL):
            between = timedelta(minutes=schedule.interval_minutes or 0)
            return now - between, now - 2 * between
        case Schedule(kind=Schedule.Kind.CRON):
            times = croniter(schedule.cron, now.astimezone(zone))
            return times.get_prev(datetime), times.get_prev(datetime)
        case _:
            return None


def _schedule(connection: Connection | None) -> Schedule | None:
    return getattr(connection, "schedule", None)
