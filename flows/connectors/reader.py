"""Connector and credentials in, pages of records out, the next page fetched ahead."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import TracebackType
from typing import Self

from msgspec import Raw

from flows.connectors.client import Client, List, Refused
from flows.connectors.credentials import Credentials, check_values
from flows.connectors.hosts import HostRefused, guarded_session
from flows.connectors.pages import Answer, Ask
from flows.connectors.progress import Progress
from flows.connectors.retries import GaveUp, Patience, Trouble
from flows.connectors.sentences import incomplete_sentence, refusal_sentence
from flows.connectors.signin import LoginRefused
from flows.connectors.spec import Connector, Stream


class ReadFailed(Exception):
    """Somebody has to act before this can work; the sentence says who and how."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class ReadInterrupted(Exception):
    """The same read may succeed later; `retry_at` is when the source said, if it did."""

    def __init__(self, sentence: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page as it came. `records` are windows into `body`, one JSON text each; no objects.

    `number` counts from 1, `received_at` is UTC, `bytes` is the size of the body, unpacked.
    """

    number: int
    body: builtins.bytes = field(repr=False)
    records: list[Raw] = field(repr=False)
    received_at: datetime

    @property
    def bytes(self) -> int:
        return len(self.body)


class Reader:
    """Reads the streams of one connection. Safe to use from several threads, which share its login.

    :param credentials: the values of the connection, as `validate_credentials` gave them
    :param allow_private: whether the source may be in a private network
    :param time_zone: of the tenant, for sources that write local time
    :param clock: the present moment, aware
    :param sleep: waits so many seconds; by default a wait that ends early when a read is given up
    """

    def __init__(
        self,
        connector: Connector,
        credentials: Mapping[str, str],
        *,
        allow_private: bool,
        time_zone: tzinfo,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        clean, errors = check_values(fields=connector.credentials, values=credentials)
        held = Credentials(connector.credentials, clean)
        # From here on no frame of ours holds a plain value that a traceback could show.
        del clean, credentials
        if errors:
            raise ReadFailed(incomplete_sentence(connector=connector, errors=errors))
        self._connector = connector
        self._time_zone = time_zone
        self._clock = clock
        self._closed = threading.Event()
        self._session = guarded_session(allow_private)
        self._client = Client(
            connector=connector,
            credentials=held,
            session=self._session,
            clock=clock,
            sleep=sleep or self._sleep,
            patience=patience,
        )

    def pages(
        self, stream: str, *, since: datetime | None, incremental: bool = True
    ) -> Iterator[Page]:
        """The pages of a stream, one ahead of the caller.

        :param since: the bookmark, aware; the stream's overlap is taken off here. None reads
            everything, as do streams that cannot say what changed
        :param incremental: False reads everything, for a source that turned out not to support
            `since`
        :raises ReadFailed: if somebody has to act first
        :raises ReadInterrupted: if the same call may succeed later
        """
        if since is not None and since.tzinfo is None:
            raise ValueError("`since` must know its time zone")
        walk = self._walk(stream, since if incremental else None)
        one_ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"read-{stream}")
        try:
            upcoming = one_ahead.submit(next, walk, None)
            while (page := upcoming.result()) is not None:
                upcoming = one_ahead.submit(next, walk, None)
                yield page
        finally:
            # A caller who stops early does not wait for a page nobody wants; `close` wakes the
            # thread.
            one_ahead.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Let go of connections, and of whoever is waiting for another try."""
        self._closed.set()
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Reader({self._connector.name})"

    def _walk(self, name: str, since: datetime | None) -> Iterator[Page]:
        stream = self._connector.streams[name]
        path, first = stream.opening(since=since, time_zone=self._time_zone)
        ask: Ask | None = first
        progress = Progress()
        number = 0
        while ask is not None:
            number += 1
            page = self._get(stream, path, ask)
            records = page.rows.records
            if problem := progress.problem(ask, list_text=page.rows.text, records=len(records)):
                raise ReadFailed(f"{stream.title}, page {number}: {problem}")
            yield Page(
                number=number,
                body=page.text,
                records=records,
                received_at=page.received_at,
            )
            ask = stream.pages.next(ask, _answer(page))

    def _get(self, stream: Stream, path: str, ask: Ask) -> List:
        try:
            return self._client.get(stream=stream, path=path, ask=ask)
        except (Refused, LoginRefused) as refusal:
            sentence = refusal_sentence(connector=self._connector, stream=stream, refusal=refusal)
            raise ReadFailed(sentence, status=refusal.status) from None
        except HostRefused as refusal:
            raise ReadFailed(str(refusal)) from None
        except GaveUp as end:
            raise self._given_up(stream, end) from None

    def _given_up(self, stream: Stream, end: GaveUp) -> ReadFailed | ReadInterrupted:
        if end.trouble.is_odd:
            return ReadFailed(
                f"{stream.title}: {end.trouble.reason}. Check the address of this connection; "
                f"if it is right, ask the support of {self._connector.title} what changed."
            )
        retry_at = self._clock() + end.retry_after if end.retry_after else None
        later = f" It asked us to come back at {retry_at:%Y-%m-%d %H:%M} UTC." if retry_at else ""
        return ReadInterrupted(f"{stream.title}: {end.trouble.reason}.{later}", retry_at=retry_at)

    def _sleep(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise GaveUp(Trouble(reason="The read was given up"))


def _answer(page: List) -> Answer:
    return Answer(
        url=page.reply.url,
        headers=page.reply.headers,
        body=page.text,
        records=len(page.rows.records),
    )
