"""A login: the call that is sent, and the grant that is read from its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from pydantic import AfterValidator, StringConstraints, field_validator

from flows.connectors.credentials import Credentials, Secret
from flows.connectors.grammar import GrammarModel
from flows.connectors.json_path import text_at

_LASTING = re.compile(r"(\d{1,5}) (second|minute|hour|day)s?")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
FORM = "application/x-www-form-urlencoded"


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError("Write the name of a header, such as X-Api-Key")
    return name


HeaderName = Annotated[str, AfterValidator(_header_name)]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What proves to a source who asks: headers and query parameters, all of them masked."""

    headers: Mapping[str, Secret] = field(default_factory=dict)
    params: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a login gave us. `lifetime` in seconds, None where the source does not say.

    `refresh_token` is what the next refresh has to be asked with, if the answer held one.
    """

    token: Secret
    lifetime: float | None = None
    refresh_token: Secret | None = None
    host: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class LoginCall:
    """A POST that answers with a grant. What it sends is masked, also in a traceback."""

    url: str
    body: Secret | None = None
    content_type: str = "application/json"
    headers: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True)
class Unreadable:
    """A login answered with something else than the connector expects; holds nothing of it.

    Returned, not raised: the frames of a traceback would show the token.
    """

    sentence: str


class LoginAuth(GrammarModel):
    """What all logins have in common: where in their answer token, lifetime and host are.

    `lifetime` is a path to seconds, or a time such as `50 minutes` that the vendor documents. The
    token goes into `header`, after `prefix`, which keeps the blank at its end.
    """

    token: str
    lifetime: str | None = None
    host: str | None = None
    header: HeaderName = "Authorization"
    prefix: Annotated[str, StringConstraints(strip_whitespace=False)] = "Bearer "

    @field_validator("lifetime")
    @classmethod
    def _lasts(cls, lifetime: str | None) -> str | None:
        if lifetime and " " in lifetime and not _LASTING.fullmatch(lifetime):
            raise ValueError("Write the path of the seconds, or a time like 50 minutes")
        return lifetime

    @property
    def rotates(self) -> str | None:
        """The credential that a login replaces with a new value, if it does."""
        return None

    def fields(self) -> Iterator[str]:
        raise NotImplementedError

    def templates(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def login_call(self, credentials: Credentials) -> LoginCall:
        raise NotImplementedError

    def refresh_call(self, credentials: Credentials, grant: Grant) -> LoginCall | None:
        """None where the source offers no refresh; then a new login is the way."""
        return None

    def proof(self, grant: Grant) -> Proof:
        """What goes with each request after this login."""
        return Proof(headers={self.header: Secret(f"{self.prefix}{grant.token.reveal()}")})

    def read(self, body: bytes) -> Grant | Unreadable:
        """Read a grant from the answer to a login or a refresh."""
        renewal = self._renewal()
        timed = self.lifetime if self.lifetime and not _LASTING.fullmatch(self.lifetime) else None
        paths = [path for path in (self.token, timed, renewal, self.host) if path]
        try:
            found = {path: text_at(body, path) for path in paths}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Unreadable("The login was not answered in JSON.")
        token = found[self.token]
        if not token:
            return Unreadable(f"The answer to the login has no token at {self.token}.")
        if self.host and not found[self.host]:
            return Unreadable(f"The answer to the login has no host at {self.host}.")
        refresh_token = found[renewal] if renewal else None
        return Grant(
            token=Secret(token),
            lifetime=_seconds(found[timed]) if timed else _lasting(self.lifetime),
            refresh_token=Secret(refresh_token) if refresh_token else None,
            host=found[self.host] if self.host else None,
        )

    def _renewal(self) -> str | None:
        """The path of the token that the next refresh is asked with."""
        return None


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


def _lasting(text: str | None) -> float | None:
    found = _LASTING.fullmatch(text or "")
    return float(int(found[1]) * _UNITS[found[2]]) if found else None
