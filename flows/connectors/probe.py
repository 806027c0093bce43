"""Try a connection before it is saved or run: does the key work, and what can it read?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from flows.connectors.client import Client, Refused
from flows.connectors.credentials import Credentials, check_values
from flows.connectors.hosts import HostRefused, guarded_session
from flows.connectors.retries import GaveUp, Patience, Trouble
from flows.connectors.sentences import incomplete_sentence, refusal_sentence
from flows.connectors.signin import LoginRefused
from flows.connectors.spec import Connector, Stream

WITHIN_SECONDS = 30.0
_REQUEST_SECONDS = 10.0
_AT_ONCE = 4
_BRIEF = Patience(tries=2, first_wait=0.5, longest_wait=2.0, longest_advice=3.0, in_all=5.0)


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
) -> ProbeResult:
    """Log in, then ask every stream for one record, and whether it can say what changed.

    Takes at most `within` seconds; a stream that has not answered by then is FAILED. Whatever the
    source does is told in the result and raises nothing.
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
    client = Client(
        connector=connector,
        credentials=held,
        session=session,
        clock=clock,
        sleep=sleep or _sleeper(ended),
        patience=_BRIEF,
    )
    try:
        return _Probe(connector, client, time_zone, clock).run(time.monotonic() + within)
    finally:
        ended.set()
        session.close()


def _sleeper(ended: threading.Event) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if ended.wait(seconds):
            raise GaveUp(Trouble(reason="The test has ended"))

    return sleep


class _Probe:
    def __init__(
        self,
        connector: Connector,
        client: Client,
        time_zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._connector = connector
        self._client = client
        self._time_zone = time_zone
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
        outcome, sentence = self._look(stream, None, is_first=is_first)
        if outcome not in (Outcome.READABLE, Outcome.EMPTY):
            return StreamProbe(outcome=outcome, sentence=sentence, incremental=False)
        if not stream.needs_probe:
            return StreamProbe(
                outcome=outcome, sentence=sentence, incremental=stream.is_incremental
            )
        changed, _ = self._look(stream, self._clock() - timedelta(hours=1), is_first=False)
        if changed in (Outcome.READABLE, Outcome.EMPTY):
            return StreamProbe(outcome=outcome, sentence=sentence, incremental=True)
        whole = f"{sentence} It does not say what changed, so all of it is read each time."
        return StreamProbe(outcome=outcome, sentence=whole, incremental=False)

    def _look(
        self, stream: Stream, since: datetime | None, *, is_first: bool
    ) -> tuple[Outcome, str]:
        path, ask = stream.opening(since=since, time_zone=self._time_zone, limit=1)
        try:
            found = self._client.get(stream=stream, path=path, ask=ask)
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
        if found.rows.records:
            return Outcome.READABLE, f"{stream.title} can be read."
        return Outcome.EMPTY, f"{stream.title} can be read, but there is nothing in it yet."

    def _sentence(self, stream: Stream, refusal: Refused | LoginRefused) -> str:
        return refusal_sentence(connector=self._connector, stream=stream, refusal=refusal)

    def _lost(self, sentence: str, is_hopeless: bool) -> tuple[Outcome, str]:
        if is_hopeless:
            raise _Hopeless(sentence)
        return Outcome.FAILED, sentence
