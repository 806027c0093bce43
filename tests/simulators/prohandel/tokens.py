"""Access and refresh tokens: who they were given to and until when they hold."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

ACCESS, REFRESH = "access", "refresh"
REFRESH_SECONDS = 86_400
_HEADER = "eyJhbGciOiJSUzI1NiIsImtpZCI6InNpbXVsYXRvciJ9"


@dataclass(frozen=True)
class Grant:
    company: str
    kind: str
    ends_at: float


class Tokens:
    def __init__(self, *, access_seconds: int, clock: Callable[[], float]) -> None:
        self._access_seconds = access_seconds
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(self, *, company: str) -> dict[str, object]:
        """The token part of an answer: an access and a refresh token."""
        now = self._clock()
        self._grants = {value: g for value, g in self._grants.items() if g.ends_at > now}
        return {
            "token": self._grant(company, ACCESS, self._access_seconds),
            "refreshToken": self._grant(company, REFRESH, REFRESH_SECONDS),
        }

    def company(self, *, value: str, kind: str) -> str | None:
        """Whose valid token of that kind this is."""
        grant = self._grants.get(value)
        if grant is None or grant.kind != kind or grant.ends_at <= self._clock():
            return None
        return grant.company

    def expire_access(self) -> int:
        """End every access token now; refresh tokens go on. Answers how many there were."""
        ended = [value for value, grant in self._grants.items() if grant.kind == ACCESS]
        for value in ended:
            del self._grants[value]
        return len(ended)

    def _grant(self, company: str, kind: str, seconds: int) -> dict[str, object]:
        value = f"{_HEADER}.{secrets.token_urlsafe(48)}.{secrets.token_urlsafe(64)}"
        self._grants[value] = Grant(company, kind, self._clock() + seconds)
        return {"value": value, "name": kind, "expiresIn": seconds}
