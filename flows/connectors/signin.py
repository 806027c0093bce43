"""Who we are to a source: log in, keep the token, renew it in time, once for all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from flows.connectors.auth import BearerAuth, Grant, LoginCall, SessionAuth, Unreadable
from flows.connectors.credentials import Credentials
from flows.connectors.exchange import Call, Reply, exchange
from flows.connectors.retries import GaveUp, Patience, Trouble, keep_trying
from flows.connectors.spec import Connector

# A token is renewed this long before it ends, or when a quarter of its life is left if that is
# less.
_MARGIN_SECONDS = 300.0


class LoginRefused(Exception):
    """The source does not let us in. `status` is its answer, None where that made no sense."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Entry:
    """A token and the base address to use it with. `number` tells one login from the next."""

    grant: Grant
    base_url: str
    number: int
    renew_at: datetime | None


class SignIn:
    def __init__(
        self,
        *,
        connector: Connector,
        credentials: Credentials,
        session: requests.Session,
        patience: Patience,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._connector = connector
        self._credentials = credentials
        self._session = session
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._entry: Entry | None = None
        self._refused: LoginRefused | None = None

    def entry(self) -> Entry:
        """A token that is good for a while.

        :raises LoginRefused: if the tenant has to act
        :raises GaveUp: if the source does not answer
        """
        with self._lock:
            entry = self._entry
            if entry is None:
                return self._enter(self._log_in(), 1)
            if entry.renew_at is None or self._clock() < entry.renew_at:
                return entry
            return self._enter(self._refresh(entry.grant) or self._log_in(), entry.number + 1)

    def again(self, used: Entry) -> Entry | None:
        """After a 401: a new login, or that of another thread. None where there is no login."""
        if isinstance(self._connector.client.auth, BearerAuth):
            return None
        with self._lock:
            if self._entry is not None and self._entry.number != used.number:
                return self._entry
            return self._enter(self._log_in(), used.number + 1)

    def _enter(self, grant: Grant, number: int) -> Entry:
        renew_at = None
        if grant.lifetime is not None:
            margin = min(_MARGIN_SECONDS, grant.lifetime / 4)
            renew_at = self._clock() + timedelta(seconds=grant.lifetime - margin)
        self._entry = Entry(grant, self._base_url(grant), number, renew_at)
        return self._entry

    def _log_in(self) -> Grant:
        auth = self._connector.client.auth
        if isinstance(auth, BearerAuth):
            return auth.grant(self._credentials)
        if self._refused:
            raise LoginRefused(str(self._refused), status=self._refused.status)
        call = auth.login_call(self._credentials)
        reply = self._send(call)
        if reply.status != 200:
            # Remembered, so that a dozen streams do not try a wrong key a dozen times.
            self._refused = LoginRefused(
                f"{self._connector.title} refused the login with status {reply.status}. "
                "Check the credentials and addresses of this connection.",
                status=reply.status,
            )
            raise LoginRefused(str(self._refused), status=reply.status)
        return self._read(auth, reply)

    def _refresh(self, grant: Grant) -> Grant | None:
        """None where there is no refresh, or it was refused: then a new login will tell."""
        auth = self._connector.client.auth
        call = (
            auth.refresh_call(self._credentials, grant) if isinstance(auth, SessionAuth) else None
        )
        if call is None or isinstance(auth, BearerAuth):
            return None
        try:
            reply = self._send(call)
        except GaveUp:
            return None
        return self._read(auth, reply) if reply.status == 200 else None

    def _read(self, auth: SessionAuth, reply: Reply) -> Grant:
        grant = auth.read(reply.body)
        if isinstance(grant, Unreadable):
            raise LoginRefused(
                f"{self._connector.title}: {grant.sentence} Check the address of the login."
            )
        return grant

    def _send(self, call: LoginCall) -> Reply:
        def attempt() -> Reply | Trouble:
            sealed = Call(url=call.url, bearer=call.bearer, body=call.body, is_post=True)
            return exchange(self._session, sealed, now=self._clock())

        return keep_trying(attempt, patience=self._patience, sleep=self._sleep)

    def _base_url(self, grant: Grant) -> str:
        auth = self._connector.client.auth
        host = ""
        if grant.host and isinstance(auth, SessionAuth):
            is_tls = self._credentials.address(auth.login.url).startswith("https:")
            host = _usable_host(grant.host, only_tls=is_tls) or ""
            if not host:
                raise LoginRefused(
                    f"{self._connector.title} answered the login with a host we cannot use. "
                    "Tell its support."
                )
        template = self._connector.client.base_url
        return self._credentials.address(template, host=host).rstrip("/")


def _usable_host(text: str, *, only_tls: bool) -> str | None:
    """The host the login named, as an address as well protected as that of the login."""
    address = text.strip() if "://" in text else f"https://{text.strip()}"
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    schemes = ("https",) if only_tls else ("http", "https")
    is_plain = not {*"@?# \\"} & {*address}
    return address.rstrip("/") if is_whole and is_plain and parts.scheme in schemes else None
