"""GET a list from a source: signed in, within its rate limit, tried again where that may help."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import requests

from flows.connectors.answers import Malformed, Rows, Unexpected, json_text, rows
from flows.connectors.credentials import Credentials
from flows.connectors.exchange import Call, Reply, exchange
from flows.connectors.hosts import LARGEST_ANSWER
from flows.connectors.pages import Ask
from flows.connectors.retries import Patience, Trouble, keep_trying
from flows.connectors.signin import Entry, SignIn
from flows.connectors.spec import Connector, Stream


class Refused(Exception):
    """The source answered, and asking again will not help. `status` is what it answered."""

    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class List:
    """One answered page: the reply, its text as UTF-8, its records, and when it came."""

    reply: Reply
    text: bytes = field(repr=False)
    rows: Rows = field(repr=False)
    received_at: datetime


class Client:
    def __init__(
        self,
        *,
        connector: Connector,
        credentials: Credentials,
        session: requests.Session,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        patience: Patience | None = None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._sleep = sleep
        self._patience = patience or Patience()
        self._gap = 1 / connector.client.requests_per_second
        self._next_at = 0.0
        self._turns = threading.Lock()
        self._sign_in = SignIn(
            connector=connector,
            credentials=credentials,
            session=session,
            patience=self._patience,
            clock=clock,
            sleep=sleep,
        )

    def get(self, *, stream: Stream, path: str, ask: Ask) -> List:
        """One page of a stream.

        :raises Refused: if the source says no for good
        :raises LoginRefused: if it does not let us in
        :raises HostRefused: if its host must not be reached
        :raises GaveUp: if it may work later, or the answers stay odd
        """

        def attempt() -> List | Trouble:
            reply = self._signed_in(path, ask)
            return reply if isinstance(reply, Trouble) else self._read(reply, stream)

        return keep_trying(attempt, patience=self._patience, sleep=self._sleep)

    def _signed_in(self, path: str, ask: Ask) -> Reply | Trouble:
        entry = self._sign_in.entry()
        reply = self._send(entry, path, ask)
        if (
            isinstance(reply, Reply)
            and reply.status == 401
            and (renewed := self._sign_in.again(entry))
        ):
            return self._send(renewed, path, ask)
        return reply

    def _send(self, entry: Entry, path: str, ask: Ask) -> Reply | Trouble:
        url = ask.url or f"{entry.base_url}/{path}"
        if _origin(url) != _origin(entry.base_url):
            raise Refused(
                "The next page is on another host, where the key must not be sent.", status=0
            )
        self._wait_for_turn()
        call = Call(url=url, params=ask.params, bearer=entry.grant.token)
        return exchange(self._session, call, now=self._clock())

    def _read(self, reply: Reply, stream: Stream) -> List | Trouble:
        if 300 <= reply.status < 400:
            raise Refused(
                "The source points to another address, which is not followed. Check the address.",
                status=reply.status,
            )
        if reply.status != 200:
            raise Refused(
                f"The source answered with status {reply.status}. Ask its support what that means.",
                status=reply.status,
            )
        try:
            text = json_text(
                reply.body,
                content_type=reply.headers.get("Content-Type", ""),
                largest=LARGEST_ANSWER,
            )
            return List(reply, text, rows(text, path=stream.records), self._clock())
        except Malformed as error:
            return Trouble(reason=f"An answer of {len(reply.body)} bytes cannot be read: {error}")
        except Unexpected as error:
            return Trouble(reason=f"The source answered with {error}", is_odd=True)

    def _wait_for_turn(self) -> None:
        """Space requests evenly, whichever thread makes them."""
        with self._turns:
            now = time.monotonic()
            at = max(now, self._next_at)
            self._next_at = at + self._gap
        if at > now:
            self._sleep(at - now)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default
