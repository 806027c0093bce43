"""One figure of a benchmark, and the bound that it has to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """The value may be as large as the bound, and no larger."""

    name: str
    value: float
    unit: str
    bound: float

    @property
    def holds(self) -> bool:
        return self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


@dataclass(frozen=True)
class Benchmark:
    """What is measured together. `measure` takes nothing, and may take minutes."""

    names: tuple[str, ...]
    measure: Callable[[], list[Figure]]
