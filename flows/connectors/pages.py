"""The ways an API hands out a long list.

A style is one small class with two pure functions: `first` says what to ask for, `next` says what
to ask for after an answer, or None at the end. A new style is a new class here and a line in
`Pages`. Styles that count can also say how many pages there are (`known`) and ask for any of them
(`nth`), so that several are fetched at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import Annotated, Literal
from urllib.parse import urljoin

from msgspec import Raw
from pydantic import Field, PositiveInt, model_validator

from flows.connectors.grammar import GrammarModel, JsonPath
from flows.connectors.json_path import raw_at, steps, text_at, written
from flows.connectors.links import linked
from flows.connectors.request import Place, Request
from flows.connectors.stops import Count, CountIn, Stop, StopRule

PageSize = Annotated[dict[str, PositiveInt], Field(min_length=1, max_length=1)]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a style of paging may look at. `headers` must ignore case.

    `largest` is how many records the largest page of the list had, of those before this one.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    records: Sequence[Raw]
    largest: int = 0

    @property
    def size(self) -> int:
        """What a page of this source holds, as far as was seen: maybe less than was asked for."""
        return max(self.largest, len(self.records))


class PagesBroken(Exception):
    """The source's answer does not say how to go on, though it should; the text says why."""


class _Paged(GrammarModel):
    size: PageSize | None = None
    place: Place = Field(default="query", alias="in")

    def first(self, request: Request, *, limit: int | None = None) -> Request:
        """The first question; `limit` asks for so many records where the size can be set."""
        for name, size in (self.size or {}).items():
            request = request.put(self.place, name, min(limit or size, size))
        return request

    @cached_property
    def beside(self) -> frozenset[str]:
        """The names, at the top of an answer, of what is looked at beside its records."""
        told = (getattr(self, name, None) for name in ("take", "stop", "total", "total_pages"))
        return frozenset(steps(path)[0] for path in map(_path_of, told) if path)

    def known(self, request: Request, answer: Answer) -> int | None:
        """How many pages there are, as far as this answer says."""
        return None

    def nth(self, first: Request, number: int) -> Request:
        """What to ask for to get a page, counted from 1. Only for styles that count."""
        raise NotImplementedError

    def asked_for(self, request: Request) -> int | None:
        """The size of a page that was asked for."""
        for name in self.size or {}:
            text = request.value(self.place, name)
            return int(text) if text and text.isdigit() else None
        return None


class NoPages(GrammarModel):
    """The whole list in one answer."""

    by: Literal["none"] = "none"

    @property
    def beside(self) -> frozenset[str]:
        return frozenset()

    def first(self, request: Request, *, limit: int | None = None) -> Request:
        return request

    def known(self, request: Request, answer: Answer) -> int | None:
        return None

    def nth(self, first: Request, number: int) -> Request:
        raise NotImplementedError

    def next(self, request: Request, answer: Answer) -> Request | None:
        return None


class _Stopping(_Paged):
    """Without a word on the end, the first empty page is it: one request more, but no loss."""

    stop: Stop = StopRule(when="empty")

    @model_validator(mode="after")
    def _can_tell_a_short_page(self) -> _Stopping:
        if self.stop.when == "short" and not self.size:
            raise ValueError("A short page can only be told where the size is known: add size")
        return self

    def _has_more(self, request: Request, answer: Answer) -> bool:
        records = len(answer.records)
        said = self.stop.more(headers=answer.headers, body=answer.body)
        if said is not None:
            return said
        if self.stop.when == "short":
            # A source may allow less than was asked for. Then every page looks short.
            return 0 < records >= min(self.asked_for(request) or 1, answer.size)
        return records > 0


class _Counted(_Stopping):
    """`total` is the number of all records. It lets pages be fetched at once; the end is told by
    `stop`, because a list may grow while it is read.
    """

    start: int = Field(ge=0)
    total: Count | None = None

    @model_validator(mode="after")
    def _can_count(self) -> _Counted:
        if self.stop.when == "total" and not self._counts():
            raise ValueError("Stopping at the total needs to know it: add total")
        if self.total is not None and not self.size:
            raise ValueError("A total makes pages only where their size is known: add size")
        return self

    def known(self, request: Request, answer: Answer) -> int | None:
        total = self._total(answer)
        size = answer.size or self.asked_for(request) or 1
        return None if total is None else ceil(total / size)

    def _total(self, answer: Answer) -> int | None:
        return self.total.read(headers=answer.headers, body=answer.body) if self.total else None

    def _counts(self) -> bool:
        return self.total is not None

    def _goes_on(self, request: Request, answer: Answer, *, is_before_total: bool | None) -> bool:
        """Whether there is more; `is_before_total` None where no total is told."""
        if self.stop.when == "total" and is_before_total is not None:
            return is_before_total
        if self.stop.when == "short" and is_before_total is False:
            return len(answer.records) >= (self.asked_for(request) or 1)
        # A page with less, or nothing, is not the end of a list that is said to be longer.
        is_gap = self.stop.when in ("empty", "short") and is_before_total is True
        return is_gap or self._has_more(request, answer)


class NumberedPages(_Counted):
    """Pages counted from `start`. `total_pages` is the number of all pages."""

    by: Literal["number"]
    send: str = Field(default="page", min_length=1)
    start: int = Field(default=1, ge=0)
    total_pages: Count | None = None

    def _counts(self) -> bool:
        return self.total is not None or self.total_pages is not None

    def first(self, request: Request, *, limit: int | None = None) -> Request:
        return super().first(request, limit=limit).put(self.place, self.send, self.start)

    def known(self, request: Request, answer: Answer) -> int | None:
        if self.total_pages is not None:
            return self.total_pages.read(headers=answer.headers, body=answer.body)
        return super().known(request, answer)

    def nth(self, first: Request, number: int) -> Request:
        return first.put(self.place, self.send, self.start + number - 1)

    def next(self, request: Request, answer: Answer) -> Request | None:
        here = int(request.value(self.place, self.send) or self.start)
        pages = self.known(request, answer)
        is_before = None if pages is None else here - self.start + 1 < pages
        if not self._goes_on(request, answer, is_before_total=is_before):
            return None
        return request.put(self.place, self.send, here + 1)


class OffsetPages(_Counted):
    """So many records are passed over: as many as came, whatever size was asked for."""

    by: Literal["offset"]
    send: str = Field(default="offset", min_length=1)
    start: int = Field(default=0, ge=0)

    def first(self, request: Request, *, limit: int | None = None) -> Request:
        return super().first(request, limit=limit).put(self.place, self.send, self.start)

    def nth(self, first: Request, number: int) -> Request:
        passed = (number - 1) * (self.asked_for(first) or 1)
        return first.put(self.place, self.send, self.start + passed)

    def next(self, request: Request, answer: Answer) -> Request | None:
        here = int(request.value(self.place, self.send) or self.start)
        after = here + (len(answer.records) or self.asked_for(request) or 1)
        total = self._total(answer)
        is_before = None if total is None else after - self.start < total
        if not self._goes_on(request, answer, is_before_total=is_before):
            return None
        return request.put(self.place, self.send, after)


class CursorPages(_Paged):
    """The answer carries a value to send with the next question; without one it is the last."""

    by: Literal["cursor"]
    send: str = Field(min_length=1)
    take: JsonPath | None = None
    take_header: str | None = Field(default=None, min_length=1)
    stop: Stop | None = None

    @model_validator(mode="after")
    def _takes_one(self) -> CursorPages:
        if (self.take is None) == (self.take_header is None):
            raise ValueError("Say where the cursor is: add take or take_header")
        if self.stop is not None and self.stop.when in ("short", "total"):
            raise ValueError(
                "Pages with a cursor stop without one, or by empty, a header or a flag"
            )
        return self

    def next(self, request: Request, answer: Answer) -> Request | None:
        cursor = self._cursor(answer)
        if not cursor or (self.stop is not None and not self._has_more(self.stop, answer)):
            return None
        return request.put(self.place, self.send, cursor)

    def _has_more(self, stop: StopRule, answer: Answer) -> bool:
        said = stop.more(headers=answer.headers, body=answer.body)
        return (
            len(answer.records) > 0 if said is None and stop.when == "empty" else said is not False
        )

    def _cursor(self, answer: Answer) -> str | int | None:
        if self.take is None:
            return answer.headers.get(self.take_header or "", "").strip()
        text = text_at(answer.body, self.take)
        is_number = text is not None and self.place == "body" and _is_number(answer.body, self.take)
        return int(text) if text and is_number else text


class LastPages(_Stopping):
    """The next question names a field of the last record that came."""

    by: Literal["last"]
    send: str = Field(min_length=1)
    take: JsonPath

    def next(self, request: Request, answer: Answer) -> Request | None:
        if not answer.records or not self._has_more(request, answer):
            return None
        last = text_at(answer.records[-1], self.take)
        if not last:
            raise PagesBroken(f"the last record has no {written(self.take)} to go on from")
        return request.put(self.place, self.send, last)


class LinkedPages(_Paged):
    """The answer carries the address of the next page. Whoever asks must refuse another host."""

    by: Literal["next-url"]
    take: JsonPath

    def next(self, request: Request, answer: Answer) -> Request | None:
        return _followed(request, answer, text_at(answer.body, self.take))


class HeaderPages(_Paged):
    """The address of the next page is in the Link header."""

    by: Literal["link"]
    rel: str = Field(default="next", min_length=1)

    def next(self, request: Request, answer: Answer) -> Request | None:
        return _followed(request, answer, linked(answer.headers.get("Link", ""), self.rel))


Pages = Annotated[
    NoPages | NumberedPages | OffsetPages | CursorPages | LinkedPages | HeaderPages | LastPages,
    Field(discriminator="by"),
]


def _path_of(told: JsonPath | StopRule | CountIn | None) -> JsonPath | None:
    match told:
        case StopRule():
            return told.flag
        case CountIn():
            return told.path
        case _:
            return told


def _followed(request: Request, answer: Answer, address: str | None) -> Request | None:
    """An address relative to its page; a bare `page=2` is another query of the same address."""
    address = (address or "").strip()
    if not address:
        return None
    if "=" in address and not {*address.split("=")[0]} & {*"/?:#"}:
        address = f"?{address}"
    return replace(request, url=urljoin(answer.url, address), path="", params={})


def _is_number(body: bytes, path: JsonPath) -> bool:
    found = raw_at(body, path)
    return found is not None and bytes(found).strip().removeprefix(b"-").isdigit()
