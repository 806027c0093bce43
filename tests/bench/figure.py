"""One figure of a benchmark, and the bound that it has to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """The value may be as large as the bound and no larger, or as small as it and no smaller.

    :param note: what has to be known to read it, such as how often it was measured
    """

    name: str
    value: float
    unit: str
    bound: float
    keeps: Literal["at most", "at least"] = "at most"
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.value <= self.bound if self.keeps == "at most" else self.value >= self.bound

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


@dataclass(frozen=True)
class Benchmark:
    """What is measured together. `measure` takes the names asked for, and may take minutes."""

    names: tuple[str, ...]
    measure: Callable[[frozenset[str]], list[Figure]]


class CannotMeasure(Exception):
    """Something is missing on this machine; one sentence says what, and how to get it."""
