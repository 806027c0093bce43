"""What sources do to those who read from them: each fault, and how a read has to end.

A fault happens at a request counted from the first one for data. Those of `PASSING` are over after
that; a run that meets one, and at most one more run, ends with the same records as one without.
Those of `LASTING` never end; a read has to, with a sentence and nothing half read.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from typing import Literal

from flows.connectors.kit.http import JSON, Reply

_HTML = b"<!DOCTYPE html><html><body>We will be back soon.</body></html>"
Change = Callable[[Reply, datetime], Reply]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`waits` is what the source asks us to wait, in seconds, at least.

    :param at: the first request it happens to, from 1; None is any, the same one each time
    :param times: how many requests it happens to; None never ends
    :param every: happens to each so-many-th request instead
    :param special: what cannot be said by changing a reply: the token ends, a page comes twice, or
        has only a few records
    :param heals: whether the run itself gets over it, and not only the next one
    :param only_json: a file that is cut short cannot be told from a whole one
    """

    name: str
    change: Change
    at: int | None = None
    times: int | None = 1
    every: int | None = None
    waits: float = 0.0
    special: Literal["", "expire", "few", "repeat", "login"] = ""
    heals: bool = True
    only_json: bool = False

    def covers(self, number: int) -> bool:
        if self.every is not None:
            return number % self.every == 0
        first = self.at or 1
        return number >= first and (self.times is None or number < first + self.times)

    def placed(self, *, among: int, seed: str) -> Fault:
        """The fault at one of so many requests: a read may meet it anywhere."""
        if self.at is not None or self.every is not None:
            return self
        place = 1 + sum(map(ord, f"{self.name} {seed}")) % max(1, among)
        return replace(self, at=place)


def _status(status: int, **headers: str) -> Change:
    shown = {name.replace("_", "-"): value for name, value in headers.items()}

    def change(reply: Reply, now: datetime) -> Reply:
        return Reply(status=status, headers=shown, body=b'{"error": "not now"}')

    return change


def _retry_at(distance: timedelta) -> Change:
    def change(reply: Reply, now: datetime) -> Reply:
        moment = format_datetime(now + distance, usegmt=True)
        return Reply(status=429, headers={"Retry-After": moment}, body=b"{}")

    return change


def _body(changed: Callable[[bytes], bytes], **headers: str) -> Change:
    shown = {name.replace("_", "-"): value for name, value in headers.items()}

    def change(reply: Reply, now: datetime) -> Reply:
        return replace(reply, body=changed(reply.body), headers={**reply.headers, **shown})

    return change


def _typed(content_type: str) -> Change:
    return lambda reply, now: replace(reply, content_type=content_type)


def _ending(ending: Literal["cut", "reset"]) -> Change:
    return lambda reply, now: replace(reply, ending=ending)


def _page_of_the_web(reply: Reply, now: datetime) -> Reply:
    return Reply(body=_HTML, content_type="text/html; charset=utf-8")


def _slow(reply: Reply, now: datetime) -> Reply:
    return replace(reply, seconds=0.06)


def _same(reply: Reply, now: datetime) -> Reply:
    return reply


def _deflated(content: bytes) -> bytes:
    return zlib.compress(content)


def _utf16(content: bytes) -> bytes:
    return content.decode().encode("utf-16")


def _bad_day() -> Change:
    """A different fault each time."""
    kinds = cycle(
        (
            _status(429, Retry_After="2"),
            _ending("reset"),
            _status(500),
            _page_of_the_web,
            _body(lambda content: b""),
            _ending("cut"),
            _status(503),
        )
    )
    return lambda reply, now: next(kinds)(reply, now)


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


PASSING = (
    Fault(name="429 with Retry-After in seconds", change=_status(429, Retry_After="7"), waits=7),
    Fault(name="429 with Retry-After as a date", change=_retry_at(timedelta(seconds=9)), waits=7),
    Fault(name="429 with a date that is past", change=_retry_at(timedelta(days=-2))),
    Fault(name="429 with a date in ten years", change=_retry_at(timedelta(days=3650)), heals=False),
    Fault(name="429 without Retry-After", change=_status(429)),
    Fault(name="429 with Retry-After: -5", change=_status(429, Retry_After="-5")),
    Fault(name="429 with Retry-After: soon", change=_status(429, Retry_After="soon")),
    Fault(name="429 at the first request", change=_status(429, Retry_After="1"), at=1, waits=1),
    Fault(name="500 twice", change=_status(500), times=2),
    Fault(name="502", change=_status(502)),
    Fault(name="503 with Retry-After", change=_status(503, Retry_After="3"), waits=3),
    Fault(name="a reset in the middle of an answer", change=_ending("reset")),
    Fault(name="an answer shorter than its length", change=_ending("cut")),
    Fault(name="half an answer that says it is whole", change=_body(_half), only_json=True),
    Fault(name="an empty answer", change=_body(lambda content: b""), only_json=True),
    Fault(name="null as an answer", change=_body(lambda content: b"null"), only_json=True),
    Fault(name="a slow answer", change=_slow),
    Fault(name="a web page with status 200", change=_page_of_the_web),
    Fault(
        name="a packed answer",
        change=_body(gzip.compress, Content_Encoding="gzip"),
    ),
    Fault(name="a packed answer that does not say so", change=_body(gzip.compress)),
    Fault(name="a plain answer said to be packed", change=_body(bytes, Content_Encoding="gzip")),
    Fault(
        name="a packed answer that is cut",
        change=_body(lambda content: _half(gzip.compress(content)), Content_Encoding="gzip"),
    ),
    Fault(name="an answer packed as deflate", change=_body(_deflated, Content_Encoding="deflate")),
    Fault(name="the type text/plain", change=_typed("text/plain")),
    Fault(name="no type at all", change=_typed("")),
    Fault(name="a wrong charset", change=_typed(f"{JSON}; charset=iso-8859-1"), only_json=True),
    Fault(name="a byte order mark", change=_body(lambda content: b"\xef\xbb\xbf" + content)),
    Fault(name="UTF-16 with its mark", change=_body(_utf16), only_json=True),
    Fault(name="a token that ends", change=_status(401), special="expire"),
    Fault(
        name="a fault at every third request",
        change=_bad_day(),
        every=3,
        heals=False,
        only_json=True,
    ),
    Fault(name="a page with fewer records than asked for", change=_same, special="few"),
    Fault(name="a page that comes twice", change=_same, special="repeat", heals=False),
)
OF_LOGINS = (
    Fault(name="500 at the login", change=_status(500), at=1, special="login"),
    Fault(name="a reset at the login", change=_ending("reset"), at=1, special="login"),
    Fault(name="429 at the login", change=_status(429, Retry_After="2"), at=1, special="login"),
)
LASTING = (
    Fault(name="429, for ever", change=_status(429), times=None),
    Fault(name="500, for ever", change=_status(500), times=None),
    Fault(name="401, for ever", change=_status(401), times=None),
    Fault(name="403, for ever", change=_status(403), times=None),
    Fault(name="404, for ever", change=_status(404), times=None),
    Fault(name="resets, for ever", change=_ending("reset"), times=None),
    Fault(name="cut answers, for ever", change=_ending("cut"), times=None),
    Fault(name="half answers, for ever", change=_body(_half), times=None, only_json=True),
    Fault(name="web pages, for ever", change=_page_of_the_web, times=None),
    Fault(
        name="a redirect to an inner address",
        change=_status(302, Location="http://169.254.169.254/latest/meta-data/"),
        times=None,
    ),
)
