"""The ways to prove to an API who is asking.

Like paging, a style is a small class of pure functions: it says which calls to make and reads what
they answered. Sending, retrying and keeping tokens is the reader's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
from pydantic import Field

from flows.connectors.credentials import Credentials, Secret
from flows.connectors.grammar import GrammarModel, Template, placeholders
from flows.connectors.json_path import text_at


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a login gave us. `lifetime` in seconds, None where the source does not say."""

    token: Secret
    lifetime: float | None = None
    refresh_token: Secret | None = None
    host: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class LoginCall:
    """A POST that answers with a grant. What it sends is masked, also in a traceback."""

    url: str
    body: Secret | None = None
    bearer: Secret | None = None


@dataclass(frozen=True)
class Unreadable:
    """A login answered with something else than the connector expects; holds nothing of it.

    Returned, not raised: the frames of a traceback would show the token.
    """

    sentence: str


class BearerAuth(GrammarModel):
    """A token the tenant pasted, sent with every request."""

    by: Literal["bearer"]
    token: str

    def fields(self) -> Iterator[str]:
        yield self.token

    def templates(self) -> Iterator[tuple[str, str]]:
        yield from ()

    def grant(self, credentials: Credentials) -> Grant:
        return Grant(token=Secret(credentials.value(self.token)))


class LoginRequest(GrammarModel):
    """POST with a JSON body: its names, each with the credential that fills it."""

    url: Template
    body: dict[str, str] = Field(min_length=1)


class RefreshRequest(GrammarModel):
    """POST without a body; the bearer is the refresh token found at this path of the login."""

    url: Template
    bearer: str


class SessionAuth(GrammarModel):
    """A login that answers with a token for a while, and perhaps with the host of the data."""

    by: Literal["session"]
    login: LoginRequest
    token: str
    lifetime: str | None = None
    refresh: RefreshRequest | None = None
    host: str | None = None

    def fields(self) -> Iterator[str]:
        yield from self.login.body.values()
        for _, template in self.templates():
            yield from placeholders(template)

    def templates(self) -> Iterator[tuple[str, str]]:
        yield "login.url", self.login.url
        if self.refresh:
            yield "refresh.url", self.refresh.url

    def login_call(self, credentials: Credentials) -> LoginCall:
        body = {name: credentials.value(field) for name, field in self.login.body.items()}
        return LoginCall(
            url=credentials.address(self.login.url),
            body=Secret(msgspec.json.encode(body).decode()),
        )

    def refresh_call(self, credentials: Credentials, grant: Grant) -> LoginCall | None:
        """None where the source offers no refresh; then a new login is the way."""
        if self.refresh is None or grant.refresh_token is None:
            return None
        return LoginCall(url=credentials.address(self.refresh.url), bearer=grant.refresh_token)

    def read(self, body: bytes) -> Grant | Unreadable:
        """Read a grant from the answer to a login or a refresh."""
        try:
            found = {path: text_at(body, path) for path in self._paths()}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Unreadable("The login was not answered in JSON.")
        token = found[self.token]
        if not token:
            return Unreadable(f"The answer to the login has no token at {self.token}.")
        if self.host and not found[self.host]:
            return Unreadable(f"The answer to the login has no host at {self.host}.")
        refresh_token = found[self.refresh.bearer] if self.refresh else None
        return Grant(
            token=Secret(token),
            lifetime=_seconds(found[self.lifetime]) if self.lifetime else None,
            refresh_token=Secret(refresh_token) if refresh_token else None,
            host=found[self.host] if self.host else None,
        )

    def _paths(self) -> list[str]:
        refresh = self.refresh.bearer if self.refresh else None
        return [path for path in (self.token, self.lifetime, refresh, self.host) if path]


Auth = Annotated[BearerAuth | SessionAuth, Field(discriminator="by")]


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None
