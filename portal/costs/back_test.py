"""How far off a method would have been: each trial is what it said and what it really was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Trial:
    said: int
    was: int

    @property
    def error(self) -> float:
        """As a share of what it was; all of it where something was said and nothing was."""
        if self.said == self.was:
            return 0.0
        return abs(self.said - self.was) / abs(self.was) if self.was else 1.0


def typical_error(trials: Sequence[Trial]) -> float:
    """The median of their errors.

    :raises statistics.StatisticsError: if there are none
    """
    return median(trial.error for trial in trials)


def quantile(values: Sequence[int], percent: int) -> int:
    """The smallest value that so many per cent of all do not exceed: one of them, never between.

    :raises ValueError: if there are none
    """
    if not values:
        raise ValueError("There is nothing to take a quantile of.")
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def middle(values: Sequence[int]) -> int:
    """The median in whole numbers; of two in the middle what lies half-way, rounded down.

    :raises ValueError: if there are none
    """
    if not values:
        raise ValueError("There is nothing to take a median of.")
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) // 2
