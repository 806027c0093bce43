"""How often which list was asked for, so that a test can prove that an increment was one."""

from __future__ import annotations

FULL, CHANGED = "full", "changed"
ISSUED, REFRESHED = "issued", "refreshed"
TOKEN = "token"

Counters = dict[str, dict[str, dict[str, dict[str, int]]]]


class RequestLog:
    def __init__(self) -> None:
        self._counters: Counters = {}

    def count(self, *, company: str, entity: str, kind: str) -> int:
        """Count one request; answers how many of its company and entity there were."""
        entities = self._counters.setdefault(company, {})
        kinds = entities.setdefault(entity, {})
        kinds.setdefault(kind, {"requests": 0, "rows": 0})["requests"] += 1
        return sum(counter["requests"] for counter in kinds.values())

    def add_rows(self, *, company: str, entity: str, kind: str, rows: int) -> None:
        self._counters[company][entity][kind]["rows"] += rows

    def report(self) -> Counters:
        return self._counters

    def reset(self) -> None:
        self._counters = {}
