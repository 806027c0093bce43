"""Who we are to a source: log in, keep the token, renew it in time, once for all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from flows.connectors.credentials import Credentials, Secret
from flows.connectors.exchange import Call, Reply, exchange
from flows.connectors.grants import Grant, LoginAuth, LoginCall, Proof, Unreadable
from flows.connectors.hosts import Session
from flows.connectors.json_path import text_at
from flows.connectors.retries import GaveUp, Patience, Trouble, keep_trying
from flows.connectors.spec import Connector

# A token is renewed this long before it ends, or when a quarter of its life is left if that is
# less.
_MARGIN_SECONDS = 300.0
# What OAuth says of credentials that are not good (any more), whatever the status.
_NOT_LET_IN = {"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"}

# Saves credential values that a login replaced, by the names of their fields.
Keep = Callable[[Mapping[str, str]], None]
# Around a login that replaces a credential: nobody else logs in meanwhile, and it gives the values
# as they are now, which another process may have replaced.
Alone = Callable[[], AbstractContextManager[Mapping[str, Secret]]]


class LoginRefused(Exception):
    """The source does not let us in. `status` is its answer, None where that made no sense."""

    stops_run = True

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Entry:
    """What proves who asks, and the base address for it. `number` tells one login from the next."""

    proof: Proof
    base_url: str
    number: int
    grant: Grant | None = None
    renew_at: datetime | None = None


class SignIn:
    """The way in for all threads of a read.

    :param keep: saves what a login replaced; it is called before the login is used
    :param alone: keeps others from spending the same credential at the same time; None where
        nobody else could
    """

    def __init__(
        self,
        *,
        connector: Connector,
        credentials: Credentials,
        session: Session,
        patience: Patience,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        keep: Keep | None = None,
        alone: Alone | None = None,
    ) -> None:
        self._connector = connector
        self._auth = connector.api.auth
        self._credentials = credentials
        self._session = session
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._keep = keep
        self._alone = alone
        # What a login replaced, and its grant, which is not used before that is saved.
        self._unsaved: dict[str, Secret] = {}
        self._waiting: Grant | None = None
        self._lock = threading.Lock()
        self._entry: Entry | None = None
        self._refused: LoginRefused | None = None

    def entry(self) -> Entry:
        """A token that is good for a while.

        :raises LoginRefused: if the tenant has to act
        :raises GaveUp: if the source does not answer
        :raises Exception: what `keep` raises; it is asked again next time, and no token used before
        """
        with self._lock:
            entry = self._entry
            if entry is None:
                return self._enter(1)
            if entry.renew_at is None or self._clock() < entry.renew_at:
                return entry
            return self._enter(entry.number + 1, after=entry.grant)

    def again(self, used: Entry) -> Entry | None:
        """After a 401: a new login, or that of another thread. None where there is no login."""
        if not isinstance(self._auth, LoginAuth):
            return None
        with self._lock:
            if self._entry is not None and self._entry.number != used.number:
                return self._entry
            return self._enter(used.number + 1)

    def _enter(self, number: int, *, after: Grant | None = None) -> Entry:
        auth = self._auth
        if not isinstance(auth, LoginAuth):
            self._entry = Entry(auth.proof(self._credentials), self._base_url(None), number)
            return self._entry
        if auth.rotates and self._alone:
            with self._alone() as values:
                self._take_over(auth.rotates, values)
                grant = self._granted(auth, after)
        else:
            grant = self._granted(auth, after)
        renew_at = None
        if grant.lifetime is not None:
            margin = min(_MARGIN_SECONDS, grant.lifetime / 4)
            renew_at = self._clock() + timedelta(seconds=grant.lifetime - margin)
        self._entry = Entry(auth.proof(grant), self._base_url(grant), number, grant, renew_at)
        return self._entry

    def _granted(self, auth: LoginAuth, after: Grant | None) -> Grant:
        grant = self._waiting or (self._refresh(auth, after) if after else None)
        self._waiting = grant = grant or self._log_in(auth)
        self._save()
        self._waiting = None
        return grant

    def _take_over(self, name: str, values: Mapping[str, Secret]) -> None:
        """Go on with the value that another process's login left, unless ours has to be saved."""
        now = values.get(name)
        if self._unsaved or now is None or now.reveal() == self._credentials.value(name):
            return
        self._credentials = self._credentials.replaced({name: now})
        self._refused = None

    def _log_in(self, auth: LoginAuth) -> Grant:
        if self._refused:
            raise LoginRefused(str(self._refused), status=self._refused.status)
        if auth.rotates and self._keep is None:
            raise LoginRefused(
                f"{self._connector.title} replaces {auth.rotates} with each login, and there is "
                "nowhere to keep the new one here, so no login was tried."
            )
        reply = self._send(auth.login_call(self._credentials))
        if reply.status not in (200, 201):
            # Remembered, so that a dozen streams do not try a wrong key a dozen times.
            self._refused = self._refusal(reply)
            raise LoginRefused(str(self._refused), status=self._refused.status)
        return self._read(auth, reply)

    def _refusal(self, reply: Reply) -> LoginRefused:
        code = _error_code(reply.body)
        said = f"status {reply.status} ({code})" if code else f"status {reply.status}"
        return LoginRefused(
            f"{self._connector.title} refused the login with {said}. "
            "Check the credentials and addresses of this connection.",
            status=401 if code in _NOT_LET_IN else reply.status,
        )

    def _refresh(self, auth: LoginAuth, grant: Grant) -> Grant | None:
        """None where there is no refresh, or it was refused: then a new login will tell."""
        call = auth.refresh_call(self._credentials, grant)
        if call is None:
            return None
        try:
            reply = self._send(call)
        except GaveUp:
            return None
        return self._read(auth, reply) if reply.status in (200, 201) else None

    def _read(self, auth: LoginAuth, reply: Reply) -> Grant:
        grant = auth.read(reply.body)
        if isinstance(grant, Unreadable):
            raise LoginRefused(
                f"{self._connector.title}: {grant.sentence} Check the address of the login."
            )
        name, new = auth.rotates, grant.refresh_token
        if name and new and new.reveal() != self._credentials.value(name):
            self._unsaved = {name: new}
            self._credentials = self._credentials.replaced(self._unsaved)
        return grant

    def _save(self) -> None:
        """Have saved what a login replaced; until it is, nothing goes on."""
        if not self._unsaved or self._keep is None:
            return
        problem = None
        try:
            self._keep({name: value.reveal() for name, value in self._unsaved.items()})
        except Exception as error:  # noqa: BLE001  # whatever it is, it flies below
            # Its frames and what caused it hold the value.
            problem = error.with_traceback(None)
            problem.__cause__ = problem.__context__ = None
        if problem is not None:
            raise problem
        self._unsaved = {}

    def _send(self, call: LoginCall) -> Reply:
        sealed = Call(
            url=call.url,
            method="POST",
            body=call.body,
            content_type=call.content_type,
            secret_headers=call.headers,
        )

        def attempt() -> Reply | Trouble:
            return exchange(self._session, sealed, now=self._clock())

        return keep_trying(attempt, patience=self._patience, sleep=self._sleep)

    def _base_url(self, grant: Grant | None) -> str:
        host = ""
        if grant and grant.host:
            login = next(address for _, address in self._auth.templates())
            is_tls = self._credentials.address(login).startswith("https:")
            host = _usable_host(grant.host, only_tls=is_tls) or ""
            if not host:
                raise LoginRefused(
                    f"{self._connector.title} answered the login with a host we cannot use. "
                    "Tell its support."
                )
        template = self._connector.api.base_url
        return self._credentials.address(template, host=host).rstrip("/")


def _error_code(body: bytes) -> str:
    """The plain word that OAuth gives as the reason; empty where there is none."""
    try:
        code = text_at(body, "error") or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return code if len(code) <= 40 and code.replace("_", "").isalpha() and code.isascii() else ""


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
