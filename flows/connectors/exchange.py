"""One HTTP request, one answer. Nothing secret leaves this module in an error or its traceback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from flows.connectors.credentials import Secret
from flows.connectors.hosts import AnswerTooLarge, AnswerTooSlow, HostRefused
from flows.connectors.retries import Trouble, advised_wait


@dataclass(frozen=True, kw_only=True)
class Call:
    """What to send. `body` is JSON text and makes it a POST, as does `is_post`."""

    url: str
    params: Mapping[str, str] | None = None
    bearer: Secret | None = None
    body: Secret | None = None
    is_post: bool = False


@dataclass(frozen=True, kw_only=True)
class Reply:
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class _Sealed(AuthBase):
    """Adds the secrets when the request is complete, so that no variable on the way holds them."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._call.bearer:
            request.headers["Authorization"] = f"Bearer {self._call.bearer.reveal()}"
        if self._call.body:
            request.body = self._call.body.reveal().encode()
            request.headers["Content-Type"] = "application/json"
        return request


def exchange(session: requests.Session, call: Call, *, now: datetime) -> Reply | Trouble:
    """Send a request once. What may pass by itself comes back as Trouble, with the wait advised.

    :raises HostRefused: if the host must not be reached
    """
    # The exceptions of requests and urllib3 carry the request with its headers, and so do the
    # frames of their tracebacks. Only a sentence leaves the except block.
    refused = None
    try:
        method = "POST" if call.is_post or call.body else "GET"
        response = session.request(
            method, call.url, params=dict(call.params or {}), auth=_Sealed(call)
        )
    except HostRefused as error:
        refused = str(error)
    except AnswerTooLarge as error:
        return Trouble(reason=str(error), is_odd=True)
    except AnswerTooSlow as error:
        return Trouble(reason=str(error))
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        host = urlsplit(call.url).hostname or "the host"
        return Trouble(reason=_reason(error, host), is_unreachable=True)
    if refused is not None:
        raise HostRefused(refused)
    status = response.status_code
    if status in (408, 429) or status >= 500:
        wait = advised_wait(response.headers.get("Retry-After"), now=now)
        said = "asked us to slow down" if status == 429 else f"answered with status {status}"
        return Trouble(reason=f"The source {said}", advised=wait)
    return Reply(url=response.url, status=status, headers=response.headers, body=response.content)


def _reason(error: BaseException, host: str) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return f"The host {host} cannot be found"
    if any(isinstance(cause, SSLError | requests.exceptions.SSLError) for cause in causes):
        return f"The host {host} has no valid certificate"
    # A connection that was refused counts as a timeout in urllib3.
    if any(type(cause) is NewConnectionError for cause in causes):
        return f"The connection to {host} failed"
    if any(isinstance(cause, TimeoutError | UrllibTimeout | requests.Timeout) for cause in causes):
        return f"The host {host} did not answer in time"
    return f"The answer of {host} broke off or cannot be read"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps: requests and urllib3 put causes in arguments and in `reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        candidate = waiting.pop()
        if isinstance(candidate, BaseException) and candidate not in found:
            found.append(candidate)
            waiting += [*candidate.args, getattr(candidate, "reason", None), candidate.__cause__]
    return found
