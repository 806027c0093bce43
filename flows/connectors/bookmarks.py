"""How far a stream has been read: to a moment, to a number, or each of its lists so far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

# A moment (UTC), or a number that the source counts its changes with.
Point = datetime | int


@dataclass(frozen=True, kw_only=True)
class Bookmark:
    """What a connection has landed of a stream. It never falls.

    `moment` is the latest change (UTC), which the warehouse finds by itself. The others are noted
    while a stream is read: `counter` is the greatest number of a source that counts its changes,
    `lists` is how far each list was read of a stream that is asked for once for each parent.
    """

    moment: datetime | None = None
    counter: int | None = None
    lists: Mapping[str, Point] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As people read it; empty if there is none."""
        if self.counter is not None:
            return str(self.counter)
        return self.moment.isoformat() if self.moment else ""

    @property
    def notes(self) -> str:
        """What was noted, as a text to be kept; empty if there is nothing."""
        lists = {name: _written(point) for name, point in sorted(self.lists.items())}
        said = {"counter": self.counter, "lists": lists}
        left = {name: value for name, value in said.items() if value not in (None, {})}
        return json.dumps(left, separators=(",", ":")) if left else ""

    def followed_by(self, later: Bookmark) -> Bookmark:
        """Where both are, the one that is further on."""
        lists = dict(self.lists)
        for name, point in later.lists.items():
            lists[name] = _further(lists.get(name), point)
        return Bookmark(
            moment=max(filter(None, (self.moment, later.moment)), default=None),
            counter=max((n for n in (self.counter, later.counter) if n is not None), default=None),
            lists=lists,
        )


# Of a stream that has not landed yet.
UNREAD = Bookmark()


@dataclass(frozen=True)
class Start:
    """Where a read of a stream begins: at a point, else at the beginning; some lists elsewhere."""

    since: Point | None = None
    lists: Mapping[str, Point] = field(default_factory=dict)

    @property
    def is_beginning(self) -> bool:
        return self.since is None and not self.lists


def from_text(text: str | None) -> Bookmark:
    """A bookmark from its `text`."""
    if not text:
        return Bookmark()
    return Bookmark(counter=int(text)) if is_number(text) else Bookmark(moment=_moment(text))


def with_notes(bookmark: Bookmark, notes: str | None) -> Bookmark:
    """The bookmark with what was noted as well."""
    said = json.loads(notes) if notes else {}
    lists = {name: _read(point) for name, point in said.get("lists", {}).items()}
    return replace(bookmark, counter=said.get("counter"), lists=lists)


def is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit()


def _further(one: Point | None, other: Point) -> Point:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return max(one, other)
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    # There was none, or the stream was asked for in another way then.
    return other


def _written(point: Point) -> str | int:
    return point if isinstance(point, int) else point.isoformat()


def _read(said: str | int) -> Point:
    return said if isinstance(said, int) else _moment(said)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
