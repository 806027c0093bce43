"""Connector and credentials in, pages of records out, the next ones fetched ahead."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec import Raw

from flows.connectors.bookmarks import Point
from flows.connectors.client import Client, List, Refused
from flows.connectors.credentials import Credentials, check_values
from flows.connectors.files.grammar import FilesClient
from flows.connectors.formats import Records
from flows.connectors.hosts import HostRefused, guarded_session
from flows.connectors.lists import ListBroken, Lists
from flows.connectors.request import Request
from flows.connectors.retries import GaveUp, Patience, Trouble
from flows.connectors.sentences import incomplete_sentence, refusal_sentence
from flows.connectors.signin import Alone, Keep, LoginRefused
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream

if TYPE_CHECKING:
    from flows.connectors.file_lists import FileLists


class ReadFailed(Exception):
    """Somebody has to act before this can work; the sentence says who and how."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class RunStopped(ReadFailed):
    """No other stream of the connection can be read either, before somebody has acted."""


class ReadInterrupted(Exception):
    """The same read may succeed later; `retry_at` is when the source said, if it did."""

    def __init__(self, sentence: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page as it came. `records` are windows into `body`, one JSON text each; no objects.

    `number` counts from 1, `received_at` is UTC, `bytes` is the size of the body, unpacked. `of` is
    the list it belongs to, where each list of its stream has a bookmark of its own.
    """

    number: int
    body: builtins.bytes = field(repr=False)
    records: Sequence[Raw] = field(repr=False)
    received_at: datetime
    of: str = ""

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
    :param keep: saves credential values that a login replaced; what it raises ends the read
    :param alone: keeps other processes from spending the same credential meanwhile
    :param limits_folder: where requests are counted for all processes; None counts ours alone
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
        keep: Keep | None = None,
        alone: Alone | None = None,
        limits_folder: Path | None = None,
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
        self._lists: Lists | FileLists
        if isinstance(connector.client, FilesClient):
            # Most sources have an API, and need none of what reads files.
            from flows.connectors.file_lists import FileLists

            self._lists = FileLists(connector, held, clock=clock, allow_private=allow_private)
            return
        wait = sleep or self._sleep
        self._client = Client(
            connector=connector,
            credentials=held,
            session=self._session,
            clock=clock,
            sleep=wait,
            patience=patience,
            keep=keep,
            alone=alone,
            limits_folder=limits_folder,
        )
        self._lists = Lists(
            connector, held, clock=clock, sleep=wait, time_zone=time_zone, fetch=self._get
        )

    def pages(
        self,
        stream: str,
        *,
        since: Point | None,
        lists: Mapping[str, Point] | None = None,
        incremental: bool = True,
    ) -> Generator[Page]:
        """The pages of a stream, in order, with some fetched ahead of the caller.

        :param since: the bookmark, aware; the stream's overlap is taken off here. None reads
            everything, as do streams that cannot say what changed
        :param lists: the bookmarks of single lists of the stream; the others begin at `since`
        :param incremental: False reads everything, for a source that turned out not to support
            `since`
        :raises ReadFailed: if somebody has to act first; RunStopped if for every stream
        :raises ReadInterrupted: if the same call may succeed later
        """
        if isinstance(since, datetime) and since.tzinfo is None:
            raise ValueError("`since` must know its time zone")
        if not incremental:
            since, lists = None, None
        chunks = self._lists.chunks(stream, since=since, lists=lists)
        try:
            for number, chunk in enumerate(chunks, start=1):
                yield Page(
                    number=number,
                    body=chunk.body,
                    records=chunk.records,
                    received_at=chunk.received_at,
                    of=chunk.of,
                )
        except ListBroken as broken:
            raise _told(broken) from None
        except GaveUp as end:
            raise ReadInterrupted(f"{end.trouble.reason}.") from None
        finally:
            chunks.close()

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

    def _get(self, stream: Stream, request: Request, records: Records | None) -> List:
        try:
            return self._client.get(stream=stream, request=request, records=records)
        except (Refused, LoginRefused) as refusal:
            sentence = refusal_sentence(connector=self._connector, stream=stream, refusal=refusal)
            failed = RunStopped if refusal.stops_run else ReadFailed
            raise failed(sentence, status=refusal.status) from None
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


def _told(broken: ListBroken) -> ReadFailed | ReadInterrupted:
    return ReadInterrupted(str(broken)) if broken.may_pass else ReadFailed(str(broken))
