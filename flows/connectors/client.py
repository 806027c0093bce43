"""Ask a source: signed in, within its limits, its answers judged, tried again where that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from flows.connectors import answers
from flows.connectors.answers import Rows
from flows.connectors.auth import sealed
from flows.connectors.credentials import Credentials
from flows.connectors.exchange import Call, Reply, exchange
from flows.connectors.failures import Verdict, verdict
from flows.connectors.formats import Records
from flows.connectors.grammar import placeholders
from flows.connectors.hosts import LARGEST_ANSWER, Session
from flows.connectors.origins import is_among, origin, without
from flows.connectors.request import Request
from flows.connectors.retries import Patience, Trouble, advised_wait, keep_trying
from flows.connectors.signin import Alone, Entry, Keep, SignIn
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream
from flows.connectors.throttles import Told
from flows.connectors.turns import Turns

Result = TypeVar("Result")


class Refused(Exception):
    """The source answered, and asking again will not help.

    `status` is what it answered, `stops_run` whether no other stream needs to be tried.
    """

    def __init__(self, sentence: str, *, status: int, stops_run: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.stops_run = stops_run


@dataclass(frozen=True)
class List:
    """One answered page: the reply, its text as UTF-8, its records, and when it came."""

    reply: Reply
    text: bytes = field(repr=False)
    rows: Rows = field(repr=False)
    received_at: datetime


class Client:
    """Safe to use from several threads, which share login and limits.

    :param keep: saves credential values that a login replaced
    :param alone: keeps other processes from spending the same credential meanwhile
    :param limits_folder: where limits are counted for all processes; None counts for this client
    """

    def __init__(
        self,
        *,
        connector: Connector,
        credentials: Credentials,
        session: Session,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        patience: Patience | None = None,
        keep: Keep | None = None,
        alone: Alone | None = None,
        limits_folder: Path | None = None,
    ) -> None:
        self._connector = connector
        self._session = session
        self._clock = clock
        self._patience = patience or Patience()
        service = connector.api
        self._service = service
        self._turns = Turns(
            connector=connector.name,
            rates=service.rates,
            credentials=credentials,
            folder=limits_folder,
            sleep=sleep,
            longest=self._patience.longest_advice,
            at_once=service.at_once,
        )
        # A constant may be seen in a log; what is made of credentials may not.
        plain = {name: text for name, text in service.headers.items() if not placeholders(text)}
        named = {name: text for name, text in service.headers.items() if name not in plain}
        self._headers, self._sealed = plain, sealed(named, credentials)
        self._sign_in = SignIn(
            connector=connector,
            credentials=credentials,
            session=session,
            patience=self._patience,
            clock=clock,
            sleep=self._turns.sleep,
            keep=keep,
            alone=alone,
        )

    def get(self, *, stream: Stream, request: Request, records: Records | None = None) -> List:
        """One page of a stream; raises what `ask` raises.

        :param records: where they are in this answer, if not where the stream says
        """

        def read(reply: Reply) -> List | Trouble:
            return self._list(reply, stream, records or stream.records)

        return self.ask(stream=stream, request=request, read=read)

    def ask(
        self,
        *,
        stream: Stream,
        request: Request,
        read: Callable[[Reply], Result | Trouble],
    ) -> Result:
        """Ask, again where that may help, until there is an answer that can be read.

        :raises Refused: if the source says no for good
        :raises LoginRefused: if it does not let us in
        :raises HostRefused: if its host must not be reached
        :raises GaveUp: if it may work later, or the answers stay odd
        """

        def attempt() -> Result | Trouble:
            reply = self._answered(stream, request)
            return reply if isinstance(reply, Trouble) else read(reply)

        return keep_trying(attempt, patience=self._patience, sleep=self._turns.sleep)

    def _answered(self, stream: Stream, request: Request) -> Reply | Trouble:
        """An answer, or why there is none yet.

        :raises Refused: if there will be none
        """
        entry = self._sign_in.entry()
        call = self._call(entry, stream, request)
        if not self._is_ours(call, entry):
            return self._outcome(stream, *self._sent(call, request.statuses, is_ours=False))
        reply, said = self._sent(call, request.statuses)
        # A rule of the connector may know better what this 401 is about than a new login would.
        is_unknown = isinstance(reply, Reply) and reply.status == 401
        if is_unknown and not (said and said.is_ruled) and (again := self._sign_in.again(entry)):
            reply, said = self._sent(self._call(again, stream, request), request.statuses)
        return self._outcome(stream, reply, said)

    def _sent(
        self, call: Call, statuses: frozenset[int], *, is_ours: bool = True
    ) -> tuple[Reply | Trouble, Verdict | None]:
        """Send it once; there is no verdict where the reply is an answer."""
        reply = self._replied(call)
        if isinstance(reply, Trouble):
            return reply, None
        said = verdict(
            reply.status,
            reply.body,
            failures=self._connector.failures if is_ours else {},
            answers=self._connector.answers if is_ours else (),
            answered=statuses,
        )
        return reply, said if is_ours or said is None else said.of_stream()

    def _replied(self, call: Call) -> Reply | Trouble:
        with self._turns.room:
            if trouble := self._turns.wait():
                return trouble
            with self._turns.under_way() as others:
                reply = exchange(self._session, call, now=self._clock(), judge=lambda reply: reply)
                if isinstance(reply, Reply):
                    self._turns.pause(self._room(reply, others()))
                return reply

    def _outcome(
        self, stream: Stream, reply: Reply | Trouble, said: Verdict | None
    ) -> Reply | Trouble:
        if isinstance(reply, Trouble) or said is None:
            return reply
        if said.then in ("retry", "wait"):
            return self._trouble(stream, reply, said)
        raise Refused(
            said.told(stream.title), status=reply.status, stops_run=said.then == "stop-run"
        )

    def _call(self, entry: Entry, stream: Stream, request: Request) -> Call:
        """
        :raises Refused: if it would go to a host that nobody named
        """
        url = request.url or f"{entry.base_url}/{request.path}"
        body = None if request.body is None else msgspec.json.encode(request.body)
        if origin(url) == origin(entry.base_url):
            return Call(
                # Some sources repeat the key in the address of the next page, where all would see.
                url=without(url, entry.proof.params),
                method=request.method,
                params=request.params,
                headers={**self._headers, **request.headers},
                secret_params=entry.proof.params,
                secret_headers={**self._sealed, **entry.proof.headers},
                body=body,
            )
        only_tls = entry.base_url.startswith("https:")
        if is_among(url, request.hosts, only_tls=only_tls):
            return Call(url=url, method=request.method, headers=request.headers, body=body)
        raise Refused(
            f"{stream.title}: The next page is on another host, where the key must not be sent.",
            status=0,
        )

    @staticmethod
    def _is_ours(call: Call, entry: Entry) -> bool:
        return origin(call.url) == origin(entry.base_url)

    def _room(self, reply: Reply, others: int) -> float:
        """Seconds to wait until there is room for a request, as far as the source tells."""
        throttle = self._service.throttle
        if throttle is None:
            return 0.0
        told = Told(headers=reply.headers, body=reply.body, now=self._clock(), others=others)
        return throttle.pause(told)

    def _trouble(self, stream: Stream, reply: Reply, said: Verdict) -> Trouble:
        now = self._clock()
        told = [advised_wait(reply.headers.get("Retry-After"), now=now)]
        if self._service.wait:
            told.append(self._service.wait.seconds(reply.headers, now=now))
        if said.then == "wait":
            told.append(self._room(reply, 0))
        advised = max((seconds for seconds in told if seconds), default=None)
        if said.then == "wait" and advised:
            self._turns.pause(advised)
        return Trouble(reason=said.why(stream.title), advised=advised)

    def _list(self, reply: Reply, stream: Stream, records: Records) -> List | Trouble:
        try:
            cut = answers.read(
                reply.body,
                content_type=reply.headers.get("Content-Type", ""),
                largest=LARGEST_ANSWER,
                records=records,
                beside=stream.pages.beside,
                is_graphql=stream.graphql is not None,
            )
        except answers.Malformed as error:
            return Trouble(reason=f"An answer of {len(reply.body)} bytes cannot be read: {error}")
        except answers.Unexpected as error:
            return Trouble(reason=f"The source answered with {error}", is_odd=True)
        return List(reply, cut.text, cut.rows, self._clock())
