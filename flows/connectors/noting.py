"""What is noted of a read for the next one, beside the moments that the warehouse finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from msgspec import Raw

from flows.connectors.bookmarks import Bookmark, Point, Start, is_number
from flows.connectors.json_path import text_at
from flows.connectors.loads import FullLoad
from flows.connectors.moments import NEVER
from flows.connectors.parents import has_lists_of_its_own
from flows.connectors.streams import Stream

# More than any source's counter has, and few enough to be shown.
_MOST_DIGITS = 38


@dataclass
class _Reach:
    """How far a list came, with numbers.

    What changes while it is read gets a greater number, and may be on a page that was read before.
    Where each page is asked for by a number it comes once more. Elsewhere only what the first page
    had was there when the read began, and pages that look sorted may do so by accident.

    :param first: the greatest number of the first page; None if it had none
    :param is_sorted: whether pages are asked for by number, and have come in that order so far
    """

    first: int | None
    is_sorted: bool
    greatest: int | None = None

    def take(self, counters: Sequence[int]) -> None:
        self.is_sorted &= self.greatest is None or min(counters) >= self.greatest
        self.greatest = max(counters) if self.greatest is None else max(self.greatest, *counters)

    @property
    def counter(self) -> int | None:
        return self.greatest if self.is_sorted else self.first


class Notes:
    """How far the lists of a stream came in one read.

    Of a stream with one list, which says by a moment what changed, nothing is noted.

    :param read_at: when the read began: no change lies after it, and what came while it lasted is
        asked for again
    """

    def __init__(self, stream: Stream, *, time_zone: tzinfo, read_at: datetime) -> None:
        self._stream = stream
        self._time_zone = time_zone
        self._read_at = read_at
        self._is_by_list = has_lists_of_its_own(stream)
        self._moments: dict[str, datetime] = {}
        self._counters: dict[str, _Reach] = {}

    def take(self, records: Sequence[Raw], *, of: str) -> None:
        """:param of: the list that they are of"""
        if not (self._stream.counts or self._is_by_list):
            return
        points = [point_of(each, self._stream, time_zone=self._time_zone) for each in records]
        counters = [point for point in points if isinstance(point, int)]
        moments = [point for point in points if isinstance(point, datetime)]
        if self._stream.counts and of not in self._counters:
            first = max(counters, default=None)
            self._counters[of] = _Reach(first, is_sorted=_is_asked_by_number(self._stream))
        if counters:
            self._counters[of].take(counters)
        if moments:
            newest = min(max(moments), self._read_at)
            self._moments[of] = max(newest, self._moments.get(of, newest))

    @property
    def bookmark(self) -> Bookmark:
        reached = {name: reach.counter for name, reach in self._counters.items()}
        counters = {name: number for name, number in reached.items() if number is not None}
        lists: dict[str, Point] = {}
        if self._is_by_list:
            lists.update(self._moments)
            lists.update(counters)
        return Bookmark(counter=max(counters.values(), default=None), lists=lists)


def _is_asked_by_number(stream: Stream) -> bool:
    """Whether the next page is asked for as the next changes are: with the number to go on from."""
    asked = getattr(stream.load, "send", None)
    return asked is not None and getattr(stream.pages, "send", None) == asked


def start_of(stream: Stream, bookmark: Bookmark, *, history: datetime | None) -> Start:
    """Where a stream is read from that has this bookmark.

    :param history: what changed before it is not asked for; None asks for everything
    """
    if has_lists_of_its_own(stream):
        kind = int if stream.counts else datetime
        lists = {name: point for name, point in bookmark.lists.items() if isinstance(point, kind)}
        return Start(history, lists)
    return Start(bookmark.counter if stream.counts else bookmark.moment or history)


def point_of(record: Raw, stream: Stream, *, time_zone: tzinfo) -> Point | None:
    """Where a record stands among the changes; None if it does not say, or says never."""
    if not isinstance(stream.load, FullLoad) and stream.load.counter is not None:
        number = (text_at(record, stream.load.counter) or "").strip()
        return int(number) if is_number(number) and len(number) <= _MOST_DIGITS else None
    if stream.changed is None:
        return None
    text = text_at(record, stream.changed.take)
    moment = stream.changed.read(text, time_zone=time_zone) if text else None
    return moment if moment is not None and moment >= NEVER else None


def is_later(one: Point, other: Point) -> bool:
    """Of two points of one stream."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one > other
    return isinstance(one, int) and isinstance(other, int) and one > other
