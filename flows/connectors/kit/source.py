"""The API that a connector.yaml describes, on loopback, with faults on demand."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel

from flows.connectors.files.grammar import FilesClient
from flows.connectors.grammar import filled
from flows.connectors.kit.doors import Door
from flows.connectors.kit.faults import Fault
from flows.connectors.kit.folder import Folder
from flows.connectors.kit.http import JSON, Asked, Reply, Server
from flows.connectors.kit.lists import Answered, Lists
from flows.connectors.kit.paths import put
from flows.connectors.kit.world import World
from flows.connectors.spec import Connector

_HOST = re.compile(r"^https?://[^/]*")
LOW_WAITS = 11.0
_FEW = 3
_ADDRESSES = ("base_url", "url")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A request and what was answered. `number` counts those for data, 0 is a login."""

    asked: Asked
    status: int
    number: int
    stream: str | None
    place: int | None


class Source:
    """:param values: the credentials it knows; addresses among them lead here
    :param clock: the present moment, for Retry-After dates
    """

    def __init__(
        self,
        folder: Folder,
        world: World,
        *,
        values: Callable[[str], Mapping[str, str]],
        clock: Callable[[], datetime],
        time_zone: tzinfo,
    ) -> None:
        self._folder = folder
        self._client: Mapping[str, Any] = folder.document["client"]
        self._clock = clock
        fields = folder.connector.credentials
        self._addresses = [name for name, field in fields.items() if field.kind == "url"]
        self._lock = threading.Lock()
        self._server = Server(self._answer)
        self._run = 0
        self.values = dict(values(self.url))
        self.door = Door(self._client, self.values, place=self._place, url=lambda: self.url)
        self._lists = Lists(
            folder,
            world,
            self.values,
            base=self._place(self._client["base_url"]),
            url=lambda: self.url,
            time_zone=time_zone,
            secret_params=self.door.secret_params(),
        )
        self.heard: list[Heard] = []
        self.begin()

    def begin(self, fault: Fault | None = None, *, is_low_at: int | None = None) -> None:
        """A new run: requests are counted from one, and the fault happens in it.

        :param is_low_at: the request whose answer says that nothing is left of the allowance
        """
        with self._lock:
            self._run += 1
            self._fault = fault
            self._is_low_at = is_low_at
            self._data = self._logins = 0
            self._firsts: dict[tuple[str, str], Answered] = {}
            self.heard = []
            self.refusals: list[str] = []

    @property
    def url(self) -> str:
        """Where this run finds the source; what an earlier run asks late is none of its own."""
        return f"{self._server.url}/run-{self._run}"

    def check(self) -> None:
        """Raise what went wrong in an answer of ours, so that no fault of a source hides it."""
        if self._server.mistake is not None:
            raise self._server.mistake

    def close(self) -> None:
        self._server.close()

    def _place(self, template: str) -> str:
        """The path that an address template has here."""
        here = _HOST.sub(self._server.url, template)
        places = dict.fromkeys(self._addresses, self._server.url) | {"host": self._server.url}
        return urlsplit(filled(here, {**self.values, **places})).path.rstrip("/")

    def _answer(self, asked: Asked) -> Reply:
        run, _, path = asked.path.removeprefix("/run-").partition("/")
        if run != str(self._run):
            return Reply(status=503)
        return self._answered(replace(asked, path=f"/{path}"))

    def _answered(self, asked: Asked) -> Reply:
        if self.door.is_asked(asked):
            return self._let_in(asked)
        with self._lock:
            self._data += 1
            number, fault = self._data, self._fault
        is_hit = fault is not None and fault.special != "login" and fault.covers(number)
        if fault and is_hit and fault.special == "expire":
            self.door.expire()
        refusal = self.door.refusal(asked)
        most = _FEW if fault and is_hit and fault.special == "few" else None
        answered = Answered(reply=refusal) if refusal else self._lists.answer(asked, most=most)
        answered = replace(answered, reply=self._with_allowance(answered.reply, number))
        if fault and not refusal:
            answered = replace(answered, reply=self._changed(asked, answered, fault, is_hit=is_hit))
        answered = replace(answered, reply=self._with_allowance(answered.reply, number))
        self._hear(asked, answered, number)
        return answered.reply

    def _let_in(self, asked: Asked) -> Reply:
        """A login that a fault happens to is not made: a token it replaces stays good."""
        with self._lock:
            self._logins += 1
            number, fault = self._logins, self._fault
        if fault and fault.special == "login" and fault.covers(number):
            reply = fault.change(Reply(body=b"{}"), self._clock())
        else:
            reply = self.door.login(asked)
        self._hear(asked, Answered(reply=reply), 0)
        return reply

    def _changed(self, asked: Asked, answered: Answered, fault: Fault, *, is_hit: bool) -> Reply:
        if fault.special != "repeat":
            return fault.change(answered.reply, self._clock()) if is_hit else answered.reply
        where = (asked.method, asked.path)
        with self._lock:
            if answered.place == 0:
                self._firsts[where] = answered
            elif (first := self._firsts.get(where)) and answered.place == first.size:
                return first.reply
        return answered.reply

    def _hear(self, asked: Asked, answered: Answered, number: int) -> None:
        with self._lock:
            if answered.problem:
                self.refusals.append(answered.problem)
            self.heard.append(
                Heard(
                    asked=asked,
                    status=answered.reply.status,
                    number=number,
                    stream=answered.stream,
                    place=answered.place,
                )
            )

    def _with_allowance(self, reply: Reply, number: int) -> Reply:
        """What sources say about how often they may still be asked, where this one does."""
        terms = self._client.get("throttle")
        if not terms:
            return reply
        is_low = number == self._is_low_at
        match terms["by"]:
            case "remaining":
                headers = {terms["header"]: "0" if is_low else "500"}
                if terms.get("reset"):
                    at = self._clock().timestamp() if "epoch" in terms.get("as", "seconds") else 0
                    scale = 1000 if terms.get("as") == "epoch-milliseconds" else 1
                    headers[terms["reset"]] = str(round((at + LOW_WAITS) * scale))
                return replace(reply, headers={**reply.headers, **headers})
            case "bucket":
                # As full as it takes that long to leak.
                size = 40
                leak = float(terms.get("per_second") or size / 20)
                used = size + leak * LOW_WAITS if is_low else 1
                said = {terms["header"]: f"{used:g}/{size}"}
                return replace(reply, headers={**reply.headers, **said})
            case _:
                try:
                    whole = msgspec.json.decode(reply.body) if reply.content_type == JSON else None
                except msgspec.DecodeError:  # a fault cut it short
                    whole = None
                if not isinstance(whole, dict):
                    return reply
                put(whole, terms["restored"], 10)
                put(whole, terms["asked"], 10)
                put(whole, terms["available"], 1000)
                if is_low:
                    put(whole, terms["asked"], 10 * LOW_WAITS)
                    put(whole, terms["available"], 0)
                return replace(reply, body=msgspec.json.encode(whole))


def led_to(connector: Connector, url: str) -> Connector:
    """The same connector, whose fixed addresses lead to a server of ours."""
    if isinstance(connector.client, FilesClient):
        return connector
    return connector.model_copy(update={"client": _led(connector.client, url)})


def _led(part: BaseModel, url: str) -> BaseModel:
    changed: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            changed[name] = _led(value, url)
        elif name in _ADDRESSES:
            changed[name] = _HOST.sub(url, value)
    return part.model_copy(update=changed)
