"""The only way out: HTTP to hosts a tenant named, and to nothing behind our own door.

Every address a name resolves to is checked when the connection is made, and the connection goes to
the address that was checked, so a name cannot change its mind in between. TLS still proves the
name.
"""

from __future__ import annotations

import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse

from flows.connectors.addresses import is_reachable
from flows.connectors.alarm import Alarm

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
REQUEST_SECONDS = 300.0
LARGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_MOST_ADDRESSES = 4


class HostRefused(Exception):
    """An address our servers must not be led to; the sentence is for whoever typed it."""


class AnswerTooLarge(Exception):
    """The answer is larger than any page should be."""


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


def guarded_session(allow_private: bool, *, seconds: float = REQUEST_SECONDS) -> requests.Session:
    """A session that connects only to allowed hosts, follows no redirect and never retries.

    Answers are read whole, decoded, within `LARGEST_ANSWER` and `seconds`; besides the exceptions
    of requests and urllib3 it raises HostRefused, AnswerTooLarge and AnswerTooSlow. Keep-alive is
    on; proxies, netrc and cookies are off.
    """
    return _GuardedSession(allow_private=allow_private, seconds=seconds)


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


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _PrivateHttpPool(HTTPConnectionPool):
    ConnectionCls = _PrivateToo


class _PrivateHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PrivateTooTls


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, *, allow_private: bool) -> None:
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = (
            {"http": _PrivateHttpPool, "https": _PrivateHttpsPool}
            if allow_private
            else {"http": _HttpPool, "https": _HttpsPool}
        )


class _GuardedSession(requests.Session):
    def __init__(self, *, allow_private: bool, seconds: float) -> None:
        super().__init__()
        self.trust_env = False
        self.headers = requests.structures.CaseInsensitiveDict(
            {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "mercurios"}
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _GuardedAdapter(allow_private=allow_private))
        self._allow_private = allow_private
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        scheme = urlsplit(request.url or "").scheme
        _check_scheme(scheme, allow_private=self._allow_private)
        options = {
            **kwargs,
            "stream": True,
            "allow_redirects": False,
            "timeout": (CONNECT_SECONDS, READ_SECONDS),
            "proxies": {},
        }
        with Alarm(self._seconds) as alarm:
            try:
                response = super().send(request, **options)
                _read_whole(response)
            finally:
                # Also without an error: an answer without a length looks whole when it is cut.
                if alarm.rang:
                    raise AnswerTooSlow(
                        f"There was no whole answer within {self._seconds:g} seconds"
                    )
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect is an answer like any other, and nothing is sent where it points."""
        return None


def _read_whole(response: requests.Response) -> None:
    """Read the body while counting, so that a small archive cannot become a large memory."""
    chunks, size = [], 0
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise AnswerTooLarge(f"The answer is larger than {LARGEST_ANSWER >> 20} MB")
    except BaseException:
        response.close()
        raise
    # What `Response.content` keeps, had it read the body itself.
    vars(response).update(_content=b"".join(chunks), _content_consumed=True)
