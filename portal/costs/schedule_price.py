"""What a schedule would cost in a month: how often it starts, times what a run has cost.

What a run costs is told from past days: the day's cost of the connection by its runs of the day.
The price is the runs of the month at the median of these days, and its range goes from the tenth of
them to the ninetieth. Days of other connections with the same connector and engine stand in for a
connection that has run on few days itself. Money is in whole billionths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from statistics import median

from portal.costs.back_test import Trial, middle, quantile, typical_error
from portal.costs.run_days import CostDay
from portal.pipelines.counting import runs_that_fit, start_seconds
from portal.pipelines.desired import Timing

# Fewer days than this say little about the next one.
LEAST_DAYS = 5
LEAST_TRIALS = 3
REMEMBERED = timedelta(weeks=6)
# Peers only bridge the first days, and there are many of them.
REMEMBERED_OF_PEERS = timedelta(weeks=2)
LOW, HIGH = 10, 90


class Basis(Enum):
    OWN = "OWN"
    PEERS = "PEERS"
    NONE = "NONE"


@dataclass(frozen=True)
class Quantiles:
    """Of what a run costs. Between the first and the last are four of five days."""

    p10: int
    p50: int
    p90: int


@dataclass(frozen=True)
class SchedulePrice:
    """
    :param month: the one that was counted, by its first day
    :param is_scheduled: not for a connection that runs only when asked
    :param runs: the starts that can run, since no two runs of a connection go on at once
    :param days: from how many days the price is told
    :param peers: from how many other connections, if it is told from others
    :param error: the median of the errors of the back-tests, as a share of what it really was
    """

    month: date
    is_scheduled: bool
    starts: int
    runs: int
    low: int | None = None
    likely: int | None = None
    high: int | None = None
    per_run: Quantiles | None = None
    basis: Basis = Basis.NONE
    days: int = 0
    peers: int = 0
    error: float | None = None


def price(
    *,
    timing: Timing | None,
    month: date,
    own: Sequence[CostDay],
    peers: Mapping[int, Sequence[CostDay]],
) -> SchedulePrice:
    """
    :param timing: nothing for a connection that runs only when asked
    :param month: its first day
    :param own: the days of the connection, in order
    :param peers: those of other connections, by their keys
    """
    starts = start_seconds(timing, begin=month, end=next_month(month)) if timing else []
    basis, days = _told_from(own, peers)
    runs = runs_that_fit(starts, seconds=_seconds_per_run(days)) if days else len(starts)
    counted = SchedulePrice(
        month=month, is_scheduled=timing is not None, starts=len(starts), runs=runs
    )
    if basis == Basis.NONE:
        return counted
    per_run = quantiles([day.per_run for day in days])
    trials = own_trials(own) if basis == Basis.OWN else peer_trials(peers)
    return replace(
        counted,
        low=runs * per_run.p10,
        likely=runs * per_run.p50,
        high=runs * per_run.p90,
        per_run=per_run,
        basis=basis,
        days=len(days),
        peers=len(peers) if basis == Basis.PEERS else 0,
        error=typical_error(trials) if len(trials) >= LEAST_TRIALS else None,
    )


def _told_from(
    own: Sequence[CostDay], peers: Mapping[int, Sequence[CostDay]]
) -> tuple[Basis, Sequence[CostDay]]:
    if len(own) >= LEAST_DAYS:
        return Basis.OWN, own
    of_peers = [day for days in peers.values() for day in days]
    if len(of_peers) >= LEAST_DAYS:
        return Basis.PEERS, of_peers
    return Basis.NONE, ()


def quantiles(per_run: Sequence[int]) -> Quantiles:
    return Quantiles(quantile(per_run, LOW), middle(per_run), quantile(per_run, HIGH))


def own_trials(days: Sequence[CostDay]) -> list[Trial]:
    """Each day told from the days before it, and what it really cost."""
    return [
        Trial(said=day.runs * middle([each.per_run for each in days[:number]]), was=day.cost)
        for number, day in enumerate(days)
        if number >= LEAST_DAYS
    ]


def peer_trials(peers: Mapping[int, Sequence[CostDay]]) -> list[Trial]:
    """All days of each connection told from those of the others, and what they really cost."""
    trials = []
    for peer, days in peers.items():
        others = [day.per_run for each, its in peers.items() if each != peer for day in its]
        if len(others) >= LEAST_DAYS:
            said = sum(day.runs for day in days) * middle(others)
            trials.append(Trial(said=said, was=sum(day.cost for day in days)))
    return trials


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _seconds_per_run(days: Sequence[CostDay]) -> float:
    return median(day.seconds / day.runs for day in days)
