"""Try a connection before it is saved or run: does the key work, and what can it read?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from flows.connectors.bookmarks import Point
from flows.connectors.client import Client, List, Refused
from flows.connectors.credentials import Credentials, check_values
from flows.connectors.file_lists import FileLists
from flows.connectors.files.grammar import FilesClient
from flows.connectors.formats import Records
from flows.connectors.hosts import HostRefused, guarded_session
from flows.connectors.lists import ListBroken, Lists
from flows.connectors.request import Request
from flows.connectors.retries import GaveUp, Patience, Trouble
from flows.connectors.sentences import incomplete_sentence, refusal_sentence
from flows.connectors.signin import Keep, LoginRefused
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream

WITHIN_SECONDS = 30.0
_REQUEST_SECONDS = 10.0
_AT_ONCE = 4
_BRIEF = Patience(tries=2, first_wait=0.5, longest_wait=2.0, longest_advice=3.0, in_all=5.0)


_Lists = Lists | FileLists


class Outcome(StrEnum):
    READABLE = "READABLE"
    EMPTY = "EMPTY"
    FORBIDDEN = "FORBIDDEN"
    MISSING = "MISSING"
    FAILED = "FAILED"


_OF_STATUS = {401: Outcome.FORBIDDEN, 403: Outcome.FORBIDDEN, 404: Outcome.MISSING}


@dataclass(frozen=True, kw_only=True)
class StreamProbe:
    """What one stream answered. `incremental` False: read it whole each time."""

    outcome: Outcome
    sentence: str
    incremental: bool

    @property
    def is_readable(self) -> bool:
        return self.outcome in (Outcome.READABLE, Outcome.EMPTY)


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """`problem` stands in the way of everything, in one sentence; then `streams` is empty."""

    problem: str | None
    streams: Mapping[str, StreamProbe]


class _Hopeless(Exception):
    """No stream can be read, and this is why."""


def probe(
    connector: Connector,
    credentials: Mapping[str, str],
    *,
    allow_private: bool,
    time_zone: tzinfo,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] | None = None,
    within: float = WITHIN_SECONDS,
    keep: Keep | None = None,
) -> ProbeResult:
    """Log in, then ask every stream for one record, and whether it can say what changed.

    Takes at most `within` seconds; a stream that has not answered by then is FAILED. Whatever the
    source does is told in the result and raises nothing.

    A stream that is asked for each record of another is tried with its first one. Reports are not
    made.

    :param keep: saves credential values that a login replaced; what it raises flies through
    """
    clean, errors = check_values(fields=connector.credentials, values=credentials)
    held, ended = Credentials(connector.credentials, clean), threading.Event()
    # From here on no frame of ours holds a plain value that a traceback could show.
    del clean, credentials
    if errors:
        return ProbeResult(
            problem=incomplete_sentence(connector=connector, errors=errors), streams={}
        )
    session = guarded_session(allow_private, seconds=min(_REQUEST_SECONDS, within))
    nap = sleep or _sleeper(ended)

    def lists_of_api() -> Lists:
        client = Client(
            connector=connector,
            credentials=held,
            session=session,
            clock=clock,
            sleep=nap,
            patience=_BRIEF,
            keep=keep,
        )

        def fetch(stream: Stream, request: Request, records: Records | None) -> List:
            return client.get(stream=stream, request=request, records=records)

        return Lists(connector, held, clock=clock, sleep=nap, time_zone=time_zone, fetch=fetch)

    try:
        if isinstance(connector.client, FilesClient):
            lists: _Lists = FileLists(connector, held, clock=clock, allow_private=allow_private)
        else:
            lists = lists_of_api()
        return _Probe(connector, lists, clock).run(time.monotonic() + within)
    finally:
        ended.set()
        session.close()


def _sleeper(ended: threading.Event) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if ended.wait(seconds):
            raise GaveUp(Trouble(reason="The test has ended"))

    return sleep


class _Probe:
    def __init__(self, connector: Connector, lists: _Lists, clock: Callable[[], datetime]) -> None:
        self._connector = connector
        self._lists = lists
        self._clock = clock

    def run(self, deadline: float) -> ProbeResult:
        pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="probe")
        try:
            first = self._connector.client.probe
            door = pool.submit(self._stream, first, is_first=True)
            wait([door], timeout=deadline - time.monotonic())
            problem = self._problem(door)
            if problem:
                return ProbeResult(problem=problem, streams={})
            others = [name for name in self._connector.streams if name != first]
            asked = {name: pool.submit(self._stream, name) for name in others} | {first: door}
            wait(asked.values(), timeout=max(0.0, deadline - time.monotonic()))
            streams = {name: self._result(name, asked[name]) for name in self._connector.streams}
            return ProbeResult(problem=None, streams=streams)
        finally:
            # Who has not answered yet is not waited for: each request ends by itself.
            pool.shutdown(wait=False, cancel_futures=True)

    def _problem(self, door: Future[StreamProbe]) -> str | None:
        if not door.done():
            return f"{self._connector.title} did not answer in time. Try again in a few minutes."
        error = door.exception()
        if isinstance(error, _Hopeless):
            return str(error)
        if error is not None:
            raise error
        return None

    def _result(self, name: str, future: Future[StreamProbe]) -> StreamProbe:
        if future.done():
            return future.result()
        title = self._connector.streams[name].title
        return StreamProbe(
            outcome=Outcome.FAILED,
            sentence=f"{title}: No answer in time. Test the connection again.",
            incremental=False,
        )

    def _stream(self, name: str, *, is_first: bool = False) -> StreamProbe:
        stream = self._connector.streams[name]
        if stream.job is not None:
            return StreamProbe(
                outcome=Outcome.READABLE,
                sentence=f"{stream.title} is a report that is made when it is read; not tried now.",
                incremental=stream.is_incremental,
            )
        outcome, sentence = self._look(name, None, is_first=is_first)
        if outcome not in (Outcome.READABLE, Outcome.EMPTY):
            return StreamProbe(outcome=outcome, sentence=sentence, incremental=False)
        if not stream.needs_probe:
            return StreamProbe(
                outcome=outcome, sentence=sentence, incremental=stream.is_incremental
            )
        recent = 0 if stream.counts else self._clock() - timedelta(hours=1)
        changed, _ = self._look(name, recent, is_first=False)
        if changed in (Outcome.READABLE, Outcome.EMPTY):
            return StreamProbe(outcome=outcome, sentence=sentence, incremental=True)
        whole = f"{sentence} It does not say what changed, so all of it is read each time."
        return StreamProbe(outcome=outcome, sentence=whole, incremental=False)

    def _look(self, name: str, since: Point | None, *, is_first: bool) -> tuple[Outcome, str]:
        stream = self._connector.streams[name]
        try:
            found = self._lists.first(name, since=since)
        except ListBroken as broken:
            # There is one place for all files: what ails it ails every stream.
            is_place = isinstance(self._connector.client, FilesClient)
            return self._lost(str(broken), is_first and is_place)
        except Refused as refusal:
            if is_first and refusal.status == 401:
                raise _Hopeless(self._sentence(stream, refusal)) from None
            outcome = _OF_STATUS.get(refusal.status, Outcome.FAILED)
            return outcome, self._sentence(stream, refusal)
        except LoginRefused as refusal:
            return self._lost(self._sentence(stream, refusal), is_first)
        except HostRefused as refusal:
            return self._lost(str(refusal), is_first)
        except GaveUp as end:
            trouble = f"{stream.title}: {end.trouble.reason}."
            return self._lost(trouble, is_first and end.trouble.is_unreachable)
        if found is None:
            above = self._connector.streams[stream.each or name].title
            return Outcome.EMPTY, f"{stream.title}: There is nothing in {above} to ask for yet."
        if found.records:
            return Outcome.READABLE, f"{stream.title} can be read."
        return Outcome.EMPTY, f"{stream.title} can be read, but there is nothing in it yet."

    def _sentence(self, stream: Stream, refusal: Refused | LoginRefused) -> str:
        return refusal_sentence(connector=self._connector, stream=stream, refusal=refusal)

    def _lost(self, sentence: str, is_hopeless: bool) -> tuple[Outcome, str]:
        if is_hopeless:
            raise _Hopeless(sentence)
        return Outcome.FAILED, sentence
