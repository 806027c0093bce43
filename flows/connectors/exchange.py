"""One HTTP request, one answer. Nothing secret leaves this module in an error or its traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from ssl import SSLError as TlsError
from urllib.parse import urlencode, urlsplit

from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from flows.connectors.credentials import Secret
from flows.connectors.hosts import Answer, AnswerTooSlow, HostRefused, Session
from flows.connectors.retries import Trouble, advised_wait
from flows.connectors.unpack import AnswerTooLarge, AnswerUnreadable


@dataclass(frozen=True, kw_only=True)
class Call:
    """What to send.

    What is secret is revealed here alone, when the request is complete. `url`, `params` and
    `headers` may be told to anybody.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_params: Mapping[str, Secret] = field(default_factory=dict)
    secret_headers: Mapping[str, Secret] = field(default_factory=dict)
    body: bytes | Secret | None = field(default=None, repr=False)
    content_type: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`url` is what was asked, without what is secret in it. `headers` ignore case."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Judge = Callable[[Reply], Reply | Trouble | None]


def exchange(
    session: Session, call: Call, *, now: datetime, judge: Judge | None = None
) -> Reply | Trouble:
    """Send a request once. What may pass by itself comes back as Trouble, with the wait advised.

    :param judge: sees every reply first; where it gives None, the usual is said of a status
    :raises HostRefused: if the host must not be reached
    """
    url = _with(call.url, call.params)
    answer = _answer(session, call, url)
    if isinstance(answer, Trouble):
        return answer
    reply = Reply(
        url=url,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )
    judged = judge(reply) if judge else None
    return judged or _usual(reply, now=now)


def _usual(reply: Reply, *, now: datetime) -> Reply | Trouble:
    status = reply.status
    if status in (408, 429) or status >= 500:
        wait = advised_wait(reply.headers.get("Retry-After"), now=now)
        said = "asked us to slow down" if status == 429 else f"answered with status {status}"
        return Trouble(reason=f"The source {said}", advised=wait)
    return reply


def _answer(session: Session, call: Call, url: str) -> Answer | Trouble:
    """:param url: where it goes, without what is secret in it"""
    # The exceptions of urllib3 carry the request with its headers, and so do the frames of their
    # tracebacks. Only a sentence leaves the except block.
    refused = None
    try:
        return session.send(
            call.method, _complete(url, call), headers=_headers(call), body=_body(call)
        )
    except HostRefused as error:
        refused = str(error)
    except AnswerTooLarge as error:
        return Trouble(reason=str(error), is_odd=True)
    except (AnswerTooSlow, AnswerUnreadable) as error:
        return Trouble(reason=str(error))
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        return Trouble(reason=_reason(error, _host(call.url)), is_unreachable=True)
    raise HostRefused(refused)


def _complete(url: str, call: Call) -> str:
    if not call.secret_params:
        return url
    secret = {name: value.reveal() for name, value in call.secret_params.items()}
    return _with(call.url, {**call.params, **secret})


def _headers(call: Call) -> dict[str, str]:
    kind = {"Content-Type": call.content_type} if call.body is not None else {}
    secret = {name: value.reveal() for name, value in call.secret_headers.items()}
    return {**kind, **call.headers, **secret}


def _body(call: Call) -> bytes | None:
    if isinstance(call.body, Secret):
        return call.body.reveal().encode()
    # Without a length some servers refuse a POST that says nothing.
    return b"" if call.body is None and call.method == "POST" else call.body


def _with(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params)}{mark}{fragment}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the host"
    except ValueError:
        return "the host"


def _reason(error: BaseException, host: str) -> str:
    causes = _causes(error)
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return f"The host {host} cannot be found"
    if any(isinstance(cause, SSLError | TlsError) for cause in causes):
        return f"The host {host} has no valid certificate"
    # A connection that was refused counts as a timeout in urllib3.
    if any(type(cause) is NewConnectionError for cause in causes):
        return f"The connection to {host} failed"
    if any(isinstance(cause, TimeoutError | UrllibTimeout) for cause in causes):
        return f"The host {host} did not answer in time"
    return f"The answer of {host} broke off or cannot be read"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps: urllib3 puts causes in arguments and in `reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        candidate = waiting.pop()
        if isinstance(candidate, BaseException) and candidate not in found:
            found.append(candidate)
            waiting += [*candidate.args, getattr(candidate, "reason", None), candidate.__cause__]
    return found
