"""What could cost less, with the figures that say so. Without the figures there is no advice.

Savings are of 30 days, in whole billionths of money. Of each warehouse and connection only the
advice that saves most is given: following it changes the figures of the others. Nobody is advised
to take a larger warehouse, since the ledger does not tell how long queries waited for theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from portal.costs.run_days import CostDay
from portal.costs.tables import money_of

MONTH_DAYS = 30
WINDOW = timedelta(days=MONTH_DAYS)
# Fewer whole days than this are an episode.
LEAST_DAYS = 7
# Snowflake bills a minute each time that a warehouse wakes up: sleeping earlier would not save.
SHORTEST_SUSPEND = 60
SMALLEST = "X-SMALL"
# A warehouse that works for less than this share of what it costs is larger than its work.
LITTLE_WORK = 25
UNREAD_DAYS = 14
LEAST_RUNS = 20
MOSTLY_EMPTY = 50
# Intervals that people set, in minutes.
INTERVALS = (10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
A_DAY = 1440


class What(Enum):
    SUSPEND = "SUSPEND"
    SMALLER = "SMALLER"
    UNREAD = "UNREAD"
    NOTHING_NEW = "NOTHING_NEW"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    What.SUSPEND: "Let it sleep sooner",
    What.SMALLER: "A smaller warehouse",
    What.UNREAD: "Nobody reads it",
    What.NOTHING_NEW: "Runs bring nothing new",
}


@dataclass(frozen=True)
class Advice:
    """
    :param whom: a warehouse, or a connection as `tenant/name`
    :param saving: in 30 days
    :param basis: the figures behind it, each with its name
    """

    what: What
    whom: str
    sentence: str
    saving: int
    basis: tuple[tuple[str, str], ...]
    tenant_id: int | None = None
    connection_id: int | None = None


@dataclass(frozen=True)
class WarehouseUse:
    """What a warehouse cost in so many whole days; size and suspend time where they were seen.

    :param tails: for how long each of its queries kept it up, in milliseconds, where that is known
    """

    name: str
    days: int
    direct: int
    idle: int
    size: str = ""
    suspend_seconds: float | None = None
    tails: Sequence[int] = ()

    @property
    def cost(self) -> int:
        return self.direct + self.idle


@dataclass(frozen=True)
class ConnectionUse:
    """A connection that runs by itself.

    :param days: what its runs cost, within `WINDOW`
    :param last_read: when somebody last looked at its tenant's figures, if ever
    :param read_since: since when it is noted that somebody looks at figures, and the tenant exists
    """

    path: str
    tenant_id: int
    connection_id: int
    starts_per_day: float
    days: Sequence[CostDay]
    last_read: date | None
    read_since: date | None

    def span(self, today: date) -> int:
        """For how many days it has been running."""
        return (today - self.days[0].day).days if self.days else 0


def all_advice(
    *,
    warehouses: Iterable[WarehouseUse],
    connections: Iterable[ConnectionUse],
    today: date,
    currency: str,
) -> list[Advice]:
    """The biggest saving first."""
    found: list[Advice | None] = []
    for warehouse in warehouses:
        found += [_best(sooner_asleep(warehouse, currency), smaller(warehouse, currency))]
    for use in connections:
        found += [_best(unread(use, today, currency), nothing_new(use, today, currency))]
    given = [advice for advice in found if advice is not None]
    return sorted(given, key=lambda advice: (-advice.saving, advice.whom))


def sooner_asleep(use: WarehouseUse, currency: str) -> Advice | None:
    """It idles until it falls asleep: where that takes long, most of it can be saved."""
    suspend = use.suspend_seconds
    if use.days < LEAST_DAYS or suspend is None or 0 < suspend <= SHORTEST_SUSPEND:
        return None
    after = f"{suspend:.0f} seconds" if suspend else "never"
    saving = _monthly(_spared(use, suspend), use.days)
    if saving <= 0:
        return None
    return Advice(
        what=What.SUSPEND,
        whom=use.name,
        sentence=f"Let {use.name} sleep after {SHORTEST_SUSPEND} seconds, not after {after}."
        if suspend
        else f"Let {use.name} sleep after {SHORTEST_SUSPEND} seconds: now it never sleeps.",
        saving=saving,
        basis=(
            ("Idle cost", _money(use.idle, currency)),
            ("Whole days", str(use.days)),
            ("Sleeps after", after),
            ("Told from", _queries(use) if use.tails else "the two times alone: this at most"),
        ),
    )


def _spared(use: WarehouseUse, suspend: float) -> int:
    if sum(use.tails) > 0:
        longer = sum(max(tail - 1000 * SHORTEST_SUSPEND, 0) for tail in use.tails)
        return use.idle * longer // sum(use.tails)
    if not suspend:
        return 0  # how long it would have slept, only its queries can tell
    return use.idle * round(suspend - SHORTEST_SUSPEND) // round(suspend)


def _queries(use: WarehouseUse) -> str:
    return f"how long each of {len(use.tails):,} queries kept it up"


def smaller(use: WarehouseUse, currency: str) -> Advice | None:
    """A size smaller costs half as much while it idles; what works takes up to twice as long."""
    is_known = use.size and use.size.upper() not in {SMALLEST, "XSMALL"}
    if use.days < LEAST_DAYS or not is_known or use.cost <= 0:
        return None
    saving = _monthly(use.idle // 2, use.days)
    if 100 * use.direct >= LITTLE_WORK * use.cost or saving <= 0:
        return None
    return Advice(
        what=What.SMALLER,
        whom=use.name,
        sentence=(
            f"Make {use.name} one size smaller: it idles for"
            f" {100 * use.idle // use.cost} % of what it costs. Queries may take twice as long."
        ),
        saving=saving,
        basis=(
            ("Size", use.size),
            ("Working", _money(use.direct, currency)),
            ("Idle", _money(use.idle, currency)),
            ("Whole days", str(use.days)),
        ),
    )


def unread(use: ConnectionUse, today: date, currency: str) -> Advice | None:
    """Figures that nobody has looked at for two weeks need no more than one run a day."""
    long_ago = today - timedelta(days=UNREAD_DAYS)
    is_told = use.read_since is not None and use.read_since <= long_ago
    is_read = use.last_read is not None and use.last_read > long_ago
    if not is_told or is_read or use.starts_per_day <= 1 or use.span(today) < LEAST_DAYS:
        return None
    spared = sum(day.cost * (day.runs - 1) // day.runs for day in use.days)
    saving = _monthly(spared, use.span(today))
    if saving <= 0:
        return None
    last = f"since {use.last_read}" if use.last_read else f"for {UNREAD_DAYS} days and more"
    return Advice(
        what=What.UNREAD,
        whom=use.path,
        sentence=(
            f"Run {use.path} once a day: nobody has looked at its tenant's figures {last}, neither"
            " on pages nor through the API."
        ),
        saving=saving,
        basis=(
            ("Last looked at", str(use.last_read or "never")),
            ("Looks noted since", str(use.read_since)),
            ("Starts a day", f"{use.starts_per_day:,.1f}"),
            *_run_figures(use, today, currency),
        ),
        tenant_id=use.tenant_id,
        connection_id=use.connection_id,
    )


def nothing_new(use: ConnectionUse, today: date, currency: str) -> Advice | None:
    """Where most runs find nothing new or changed, fewer of them would find as much."""
    runs, empty = sum(day.runs for day in use.days), sum(day.empty for day in use.days)
    span = use.span(today)
    if runs < LEAST_RUNS or 100 * empty < MOSTLY_EMPTY * runs or span < LEAST_DAYS:
        return None
    minutes = _interval(wanted=(runs - empty) / span)
    avoided = runs - span * A_DAY / minutes
    if use.starts_per_day <= A_DAY / minutes or avoided <= 0:
        return None
    spared = sum(day.empty_cost for day in use.days) * min(round(avoided), empty) // empty
    saving = _monthly(spared, span)
    if saving <= 0:
        return None
    return Advice(
        what=What.NOTHING_NEW,
        whom=use.path,
        sentence=(
            f"Run {use.path} every {_time(minutes)}: {100 * empty // runs} % of its runs found"
            " nothing new or changed."
        ),
        saving=saving,
        basis=(
            ("Runs that found nothing", f"{empty:,} of {runs:,}"),
            ("Their cost", _money(sum(day.empty_cost for day in use.days), currency)),
            *_run_figures(use, today, currency),
        ),
        tenant_id=use.tenant_id,
        connection_id=use.connection_id,
    )


def _interval(*, wanted: float) -> int:
    """The longest that people set which still starts as often a day as wanted."""
    return max(
        (each for each in INTERVALS if A_DAY / each >= wanted),
        default=INTERVALS[0],
    )


def _run_figures(use: ConnectionUse, today: date, currency: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Runs", f"{sum(day.runs for day in use.days):,} in {use.span(today)} days"),
        ("Cost of all runs", _money(sum(day.cost for day in use.days), currency)),
    )


def _time(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} minutes"
    return "hour" if minutes == 60 else f"{minutes // 60} hours"


def _monthly(amount: int, days: int) -> int:
    return amount * MONTH_DAYS // days


def _money(nanos: int, currency: str) -> str:
    return f"{money_of(nanos)} {currency}"


def _best(*found: Advice | None) -> Advice | None:
    return max(
        (advice for advice in found if advice is not None),
        key=lambda advice: advice.saving,
        default=None,
    )
