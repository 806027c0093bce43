"""Faults that tests switch on: a statement is late, refused, or its answer is lost."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["delay", "lose_answer", "lose_request", "unavailable", "refuse"]


@dataclass
class Fault:
    """Strikes statements whose text matches `pattern`, `count` times, or always without a count.

    delay: executed after `seconds`
    lose_answer: executed, then the connection is dropped
    lose_request: the connection is dropped, nothing is executed
    unavailable: answered 503, nothing is executed
    refuse: refused with `errno`, nothing is executed
    """

    kind: Kind
    pattern: str = ""
    count: int | None = 1
    seconds: float = 0.0
    errno: int = 603
    sqlstate: str = "XX000"
    message: str = "SQL execution internal error"


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, wanted: dict[str, Any]) -> None:
        """:raises TypeError: names something that a fault does not have"""
        fault = Fault(**wanted)
        re.compile(fault.pattern)
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def striking(self, sql: str) -> list[Fault]:
        """The faults that strike this statement; each has one stroke less afterwards."""
        with self._lock:
            struck = [
                f for f in self._faults if re.search(f.pattern, sql, re.IGNORECASE | re.DOTALL)
            ]
            for fault in struck:
                if fault.count is not None:
                    fault.count -= 1
            self._faults = [f for f in self._faults if f.count is None or f.count > 0]
        return struck
