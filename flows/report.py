"""What a run says of itself: to the portal, and as a table in the Prefect UI."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.warehouse.warehouse import Landed
from flows.warm.program import cpu_seconds_elsewhere

# The portal takes no longer ones.
MESSAGE_LENGTH = 2000


def acceptable(message: str) -> str:
    """As the portal takes it, whatever a source has said of itself."""
    return message[:MESSAGE_LENGTH].replace("\x00", "\ufffd")


@dataclass(frozen=True)
class StreamReport:
    """One stream of one run.

    `message` is for the `actor`, who has to act when it failed; of what has landed it says what is
    worth knowing. `drift` is how its fields differ from those that are known, see `flows.columns`.
    """

    stream: str
    landed: Landed | None = None
    bytes_read: int = 0
    seconds: float = 0.0
    is_incremental: bool = False
    message: str = ""
    actor: str = ""
    drift: dict[str, Any] | None = None

    @property
    def has_failed(self) -> bool:
        return self.landed is None

    @property
    def held_back(self) -> int:
        """Deletes that were too many. Rejected records hold some back that nobody can let pass."""
        swept = self.landed.swept if self.landed else None
        if swept is None or self._could_be_rejected:
            return 0
        return swept.missing - swept.deleted

    @property
    def _could_be_rejected(self) -> bool:
        """Whether the listing was what was read, and some of it was rejected."""
        return self.landed is not None and self.landed.rejected > 0 and not self.is_incremental

    def for_portal(self) -> dict[str, Any]:
        landed = self.landed or Landed()
        counts = asdict(landed)
        counts.pop("bookmark")
        counts.pop("swept")
        swept = landed.swept
        return {
            "status": "FAILED" if self.has_failed else "LANDED",
            "bookmark": landed.bookmark.text,
            "bytes_read": self.bytes_read,
            "seconds": round(self.seconds, 3),
            "is_incremental": self.is_incremental,
            "message": acceptable(self.message),
            "drift": self.drift,
            **counts,
            "is_swept": swept is not None,
            "deleted": swept.deleted if swept else 0,
            "held_back": self.held_back,
        }

    def for_table(self) -> dict[str, Any]:
        landed = self.landed or Landed()
        return {
            "stream": self.stream,
            "extracted": landed.extracted,
            "new": landed.new,
            "changed": landed.changed,
            "unchanged": landed.unchanged,
            "rejected": landed.rejected,
            "deleted": landed.swept.deleted if landed.swept else 0,
            "bytes": self.bytes_read,
            "seconds": round(self.seconds, 2),
            "read": "changes" if self.is_incremental else "everything",
            "message": self.message,
        }


@dataclass
class Steps:
    """How long each step took, by the clock and on the processor; `current` is the one going on."""

    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    current: str = ""
    _noted: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        wall, cpu = time.monotonic(), _cpu_seconds()
        self.current = name
        try:
            yield
        finally:
            self.current = ""
            self.taken[name] = {
                "seconds": round(time.monotonic() - wall, 3),
                "cpu_seconds": round(_cpu_seconds() - cpu, 3),
                **self._noted,
            }
            self._noted = {}

    def note(self, **what: Any) -> None:
        """Something more about the step that goes on."""
        self._noted |= what


def _cpu_seconds() -> float:
    """Of this process, its children that have ended, and what it let others do: dbt is such."""
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + cpu_seconds_elsewhere()


def summary(reports: list[StreamReport]) -> str:
    """One sentence about what a run brought."""
    landed = [report.landed for report in reports if report.landed]
    new, changed = sum(each.new for each in landed), sum(each.changed for each in landed)
    rejected = sum(each.rejected for each in landed)
    deleted = sum(each.swept.deleted for each in landed if each.swept)
    held_back = sum(report.held_back for report in reports)
    failed = [report for report in reports if report.has_failed]
    parts = [f"{new} new and {changed} changed records"]
    if deleted:
        parts.append(f"{deleted} marked as deleted")
    if held_back:
        parts.append(f"{held_back} deletes held back")
    if rejected:
        parts.append(f"{rejected} rejected")
    if failed:
        parts.append(f"{len(failed)} of {len(reports)} streams failed: {failed[0].message}")
    return "; ".join(parts)
