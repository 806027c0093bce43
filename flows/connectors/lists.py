"""The lists that make up a stream: one, one for each slice of time, or one for each parent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from msgspec import Raw

from flows.connectors.bookmarks import Point
from flows.connectors.client import List
from flows.connectors.credentials import Credentials
from flows.connectors.formats import Records
from flows.connectors.loads import ChangedClient, ChangedParent, FullLoad, Span
from flows.connectors.noting import is_later, point_of
from flows.connectors.opening import first_question
from flows.connectors.parents import Added, fields_of, has_lists_of_its_own, list_of, needed
from flows.connectors.reports import ONE, ReportFailed, ReportUnfinished, report
from flows.connectors.request import Request
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream
from flows.connectors.templates import Filling, Unfillable
from flows.connectors.walk import Leg, WalkBroken, walk

Fetch = Callable[[Stream, Request, Records | None], List]


class ListBroken(Exception):
    """A list cannot be read to its end; the sentence says why. `may_pass`: the next run may."""

    def __init__(self, sentence: str, *, may_pass: bool = False) -> None:
        super().__init__(sentence)
        self.may_pass = may_pass


@dataclass(frozen=True)
class Chunk:
    """A page as it came, and those of its records that are asked for, with the parent's fields.

    `of` is the list it belongs to, where each list of its stream has a bookmark of its own.
    """

    body: bytes = field(repr=False)
    records: Sequence[Raw] = field(repr=False)
    received_at: datetime
    of: str = ""


@dataclass(frozen=True)
class _Part:
    """What makes a list different from the others of its stream."""

    span: Span | None
    added: Added | None
    of: str = ""


class Lists:
    """Reads the lists of one connection.

    :param fetch: asks the source for one page; what it raises flies through
    """

    def __init__(
        self,
        connector: Connector,
        credentials: Credentials,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        time_zone: tzinfo,
        fetch: Fetch,
    ) -> None:
        self._connector = connector
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._time_zone = time_zone
        self._fetch = fetch
        # Many a source makes one report at a time, and refuses to begin another one meanwhile.
        self._making = threading.Lock()

    def chunks(
        self,
        name: str,
        *,
        since: Point | None,
        lists: Mapping[str, Point] | None = None,
        at_once: int | None = None,
    ) -> Generator[Chunk]:
        """The pages of a stream, in order. Its parents are read on the way.

        :param since: aware; the stream's overlap is taken off here
        :param lists: where else than there some of its lists begin
        :param at_once: pages in flight, if not as many as the connector says

        :raises ListBroken: in words for a tenant
        """
        stream = self._connector.streams[name]
        stretch = walk(
            self._legs(stream, since, lists or {}),
            pages=stream.pages,
            fetch=lambda request: self._fetch(stream, request, None),
            # All reports of a stream would be made at once.
            at_once=1 if stream.job else at_once or self._connector.api.at_once,
            name=name,
        )
        try:
            for leg, page in stretch:
                yield self._chunk(stream, leg.tag, page)
        except WalkBroken as broken:
            raise ListBroken(f"{stream.title}, page {broken.number}: {broken}") from None
        except (Unfillable, ReportFailed) as broken:
            raise ListBroken(f"{stream.title}: {broken}.") from None
        except ReportUnfinished as broken:
            raise ListBroken(f"{stream.title}: {broken}.", may_pass=True) from None
        finally:
            stretch.close()

    def first(self, name: str, *, since: Point | None) -> Chunk | None:
        """One page, of one record where the size can be set; None where there is no parent to ask.

        Of a stream with parents it is that of the first one. Reports are not made.

        :raises ListBroken: as above
        """
        stream = self._connector.streams[name]
        part, filling = _Part(None, None), Filling(credentials=self._credentials.value)
        if stream.each is not None:
            above = self.first(stream.each, since=None)
            if above is None or not above.records:
                return None
            filling, part = self._of_parent(stream, above.records[0], needed(stream))
        [span, *_] = self._spans(stream, since)
        try:
            question = first_question(
                stream, filling=filling, span=span, time_zone=self._time_zone, limit=1
            )
        except Unfillable as broken:
            raise ListBroken(f"{stream.title}: {broken}.") from None
        page = self._fetch(stream, question, None)
        return self._chunk(stream, _Part(None, part.added), page)

    def _chunk(self, stream: Stream, part: _Part, page: List) -> Chunk:
        records = page.rows.records
        if part.span is not None and isinstance(stream.load, ChangedClient):
            records = self._changed(stream, part.span, records)
        if part.added:
            records = part.added.to(records)
        return Chunk(page.text, records, page.received_at, part.of)

    def _legs(
        self, stream: Stream, since: Point | None, lists: Mapping[str, Point]
    ) -> Iterator[Leg[_Part]]:
        if stream.each is None:
            filling = Filling(credentials=self._credentials.value)
            for span in self._spans(stream, since):
                yield self._leg(stream, filling, _Part(span, None))
            return
        paths = needed(stream)
        for parent in self._parents(stream, stream.each, since):
            filling, part = self._of_parent(stream, parent, paths)
            for span in self._spans(stream, lists.get(part.of, since)):
                yield self._leg(stream, filling, _Part(span, part.added, part.of))

    def _of_parent(
        self, stream: Stream, parent: Raw, paths: frozenset[str]
    ) -> tuple[Filling, _Part]:
        fields = fields_of(parent, paths)
        filling = Filling(
            credentials=self._credentials.value,
            parent=stream.each,
            fields=fields,
        )
        of = list_of(fields) if has_lists_of_its_own(stream) else ""
        return filling, _Part(None, Added(stream, parent) if stream.with_ else None, of)

    def _parents(self, stream: Stream, each: str, since: Point | None) -> Iterator[Raw]:
        changed = None
        if isinstance(stream.load, ChangedParent) and since is not None:
            changed = stream.load.with_overlap(since)
        for chunk in self.chunks(each, since=changed, at_once=1):
            yield from chunk.records

    def _spans(self, stream: Stream, since: Point | None) -> list[Span | None]:
        if since is None or isinstance(stream.load, FullLoad | ChangedParent):
            return [None]
        return [
            *stream.load.asked_spans(
                since, change=stream.changed, now=self._clock(), time_zone=self._time_zone
            )
        ]

    def _leg(self, stream: Stream, filling: Filling, part: _Part) -> Leg[_Part]:
        def open_() -> Request:
            if stream.job is None:
                return first_question(
                    stream, filling=filling, span=part.span, time_zone=self._time_zone
                )
            with self._making:
                return report(
                    stream,
                    stream.job,
                    ask=lambda request: self._fetch(stream, request, ONE),
                    sleep=self._sleep,
                    filling=filling,
                    span=part.span,
                    time_zone=self._time_zone,
                )

        def is_over(records: Sequence[Raw]) -> bool:
            is_sorted = isinstance(stream.load, ChangedClient) and stream.load.newest_first
            if not is_sorted or part.span is None or not records:
                return False
            return not self._changed(stream, part.span, records[-1:])

        return Leg(open=open_, tag=part, is_over=is_over)

    def _changed(self, stream: Stream, span: Span, records: Sequence[Raw]) -> list[Raw]:
        """The records that are not older. One that does not say when it changed may be new."""

        def is_older(record: Raw) -> bool:
            point = point_of(record, stream, time_zone=self._time_zone)
            return point is not None and is_later(span.since, point)

        return [record for record in records if not is_older(record)]
