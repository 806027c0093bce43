"""The only way out: HTTP to hosts a tenant named, and to nothing behind our own door.

Every address a name resolves to is checked when the connection is made, and the connection goes to
the address that was checked, so a name cannot change its mind in between. TLS still proves the
name.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.response import HTTPResponse
from urllib3.util import Url, parse_url
from urllib3.util.ssl_ import create_urllib3_context

from flows.connectors.addresses import is_reachable
from flows.connectors.alarm import Alarm
from flows.connectors.unpack import LARGEST_ANSWER as LARGEST_ANSWER
from flows.connectors.unpack import AnswerTooLarge as AnswerTooLarge
from flows.connectors.unpack import check_size, unpacked

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
REQUEST_SECONDS = 300.0
_CHUNK = 256 * 1024
_MOST_ADDRESSES = 4
_MOST_IDLE = 16
# A query in which there is nothing left to encode, nor to write otherwise.
_IS_ENCODED = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*")
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "mercurios"}


class HostRefused(Exception):
    """An address our servers must not be led to; the sentence is for whoever typed it."""


class AnswerTooSlow(Exception):
    """The whole request took too long, however steadily the answer trickled in."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse an address at the form, before it is saved. The connection checks again.

    :raises HostRefused: with a sentence for the form
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise HostRefused(
            "This is not a complete address. Enter one such as https://shop.example."
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        raise HostRefused("This is not a complete address. Enter one such as https://shop.example.")
    _check_scheme(parts.scheme, allow_private=allow_private)
    try:
        resolve(host, port, allow_private=allow_private)
    except OSError:
        raise HostRefused(f"The host {host[:255]} cannot be found. Check its spelling.") from None


def guarded_session(allow_private: bool, *, seconds: float = REQUEST_SECONDS) -> Session:
    """A session that connects only to allowed hosts.

    :param seconds: the longest that one request may take as a whole
    """
    return Session(allow_private=allow_private, seconds=seconds)


def resolve(host: str, port: int, *, allow_private: bool) -> list[tuple[Any, ...]]:
    """The (family, address) pairs of a host, all of them checked.

    :raises HostRefused: if any address of it must not be reached
    :raises OSError: if the name cannot be resolved
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "Not a host name") from None
    for *_, address in found:
        if not is_reachable(str(address[0]), allow_private=allow_private):
            raise HostRefused(
                f"The host {host[:255]} leads into a private network, which connections must not "
                "reach. Enter the public address of the service."
            )
    return [(family, address) for family, _, _, _, address in found][:_MOST_ADDRESSES]


def _check_scheme(scheme: str, *, allow_private: bool) -> None:
    if scheme != "https" and not allow_private:
        raise HostRefused("The address must begin with https://, because keys travel to it.")


class _Guarded(HTTPConnection):
    allow_private: ClassVar[bool] = False

    def _new_conn(self) -> socket.socket:
        try:
            found = resolve(self._dns_host, self.port, allow_private=self.allow_private)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        trouble: OSError = OSError("The name has no address")
        for family, address in found:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in self.socket_options or ():
                    connection.setsockopt(*option)
                connection.settimeout(CONNECT_SECONDS)
                connection.connect(address)
            except OSError as error:
                connection.close()
                trouble = error
            else:
                return connection
        if isinstance(trouble, TimeoutError):
            raise ConnectTimeoutError(self, "The connection timed out") from None
        raise NewConnectionError(self, "The connection failed") from None

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 has it so, too
        Alarm.watch(self.sock)
        return super().getresponse()


class _GuardedTls(_Guarded, HTTPSConnection):
    """HTTPSConnection's own connect wraps what `_new_conn` gives it and checks the name."""


class _PrivateToo(_Guarded):
    allow_private = True


class _PrivateTooTls(_GuardedTls):
    allow_private = True


@dataclass(frozen=True)
class Answer:
    """`headers` ignore case. `body` is unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Session:
    """Connections that are kept for the next request. Several threads may share one.

    Redirects are answers like any other, nothing is sent twice, and neither proxies, netrc nor
    cookies are known here. It stands on the connections of urllib3 and not on its pools, because
    those write addresses to the log, and an address may hold a key.
    """

    def __init__(self, *, allow_private: bool, seconds: float) -> None:
        self._allow_private = allow_private
        self._seconds = seconds
        self._idle: dict[tuple[str, str, int], list[HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self._tls: ssl.SSLContext | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request once and read its answer whole.

        :raises HostRefused: if the host must not be reached
        :raises AnswerTooLarge, AnswerTooSlow, AnswerUnreadable: if it is not to be read
        :raises OSError, HTTPError, HTTPException, ValueError: if there is no whole answer. These
            may hold what was sent
        """
        address, target = _split(url)
        _check_scheme(address.scheme or "", allow_private=self._allow_private)
        place = _place(address)
        with Alarm(self._seconds) as alarm:
            connection = self._connection(place)
            is_whole = False
            try:
                Alarm.watch(connection.sock)
                connection.request(
                    method,
                    target,
                    body=body,
                    headers=_with_ours(headers or {}),  # type: ignore[arg-type]  # http.client takes bytes
                    preload_content=False,
                    decode_content=False,
                )
                response = connection.getresponse()
                packed = _read_whole(response)
                is_whole = True
            finally:
                if is_whole and not alarm.rang:
                    self._keep(place, connection)
                else:
                    connection.close()
                # Also without an error: an answer without a length looks whole when it is cut.
                if alarm.rang:
                    raise AnswerTooSlow(
                        f"There was no whole answer within {self._seconds:g} seconds"
                    )
        plain = unpacked(packed, encoding=response.headers.get("Content-Encoding", ""))
        return Answer(response.status, response.headers, plain)

    def close(self) -> None:
        """Let go of every connection. What is under way ends by itself."""
        with self._lock:
            self._is_closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connection(self, place: tuple[str, str, int]) -> HTTPConnection:
        """One that is open still, or a new one."""
        while True:
            with self._lock:
                kept = self._idle.get(place)
                if not kept:
                    break
                connection = kept.pop()
            if connection.is_connected:
                return connection
            connection.close()
        scheme, host, port = place
        if scheme == "http":
            plain = _PrivateToo if self._allow_private else _Guarded
            return plain(host, port, timeout=READ_SECONDS)
        tls = _PrivateTooTls if self._allow_private else _GuardedTls
        return tls(host, port, timeout=READ_SECONDS, ssl_context=self._authorities())

    def _authorities(self) -> ssl.SSLContext:
        """Whom we believe; read once, because it takes longer than a request."""
        with self._lock:
            if self._tls is None:
                self._tls = create_urllib3_context()
                self._tls.load_verify_locations(certifi.where())
            return self._tls

    def _keep(self, place: tuple[str, str, int], connection: HTTPConnection) -> None:
        with self._lock:
            kept = self._idle.setdefault(place, [])
            if not self._is_closed and len(kept) < _MOST_IDLE:
                kept.append(connection)
                return
        connection.close()


def _with_ours(headers: Mapping[str, str]) -> dict[str, bytes]:
    """Encoded here: http.client knows Latin-1 alone, and its error would hold the value."""
    given = {name.lower() for name in headers}
    ours = {name: text for name, text in _HEADERS.items() if name.lower() not in given}
    return {name: text.encode() for name, text in (ours | dict(headers)).items()}


def _split(url: str) -> tuple[Url, str]:
    """The address, and what of it is sent to its host. Most differ in the query alone."""
    before, mark, query = url.partition("?")
    if "#" in before or not _IS_ENCODED.fullmatch(query):
        whole = parse_url(url)
        return whole, whole.request_uri
    address = _parsed(before)
    return address, f"{address.request_uri}{mark}{query}"


@lru_cache(maxsize=64)
def _parsed(url: str) -> Url:
    return parse_url(url)


def _place(address: Url) -> tuple[str, str, int]:
    if address.scheme not in ("http", "https") or not address.host:
        raise LocationParseError("an address without a host")
    port = address.port or {"http": 80, "https": 443}[address.scheme]
    return address.scheme, address.host.strip("[]"), port


def _read_whole(response: HTTPResponse) -> bytes:
    if response.length_remaining is not None:
        check_size(response.length_remaining)
        return response.read(decode_content=False)
    pieces, size = [], 0
    while piece := response.read(_CHUNK, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        check_size(size)
    return b"".join(pieces)
