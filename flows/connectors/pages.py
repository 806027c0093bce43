"""The ways an API hands out a long list.

A style is one small class with two pure functions: `first` says what to ask for, `next` says what
to ask for after an answer, or None at the end. A new style is a new class here and a line in
`Pages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import urljoin

from pydantic import Field, PositiveInt

from flows.connectors.grammar import GrammarModel
from flows.connectors.json_path import text_at

PageSize = Annotated[dict[str, PositiveInt], Field(min_length=1, max_length=1)]
_YES = frozenset({"true", "1", "yes"})
_NO = frozenset({"false", "0", "no"})


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What to ask for: query parameters, or a whole address the source gave us."""

    params: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a style of paging may look at. `headers` must ignore case; `records` is their number."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    records: int


class NoPages(GrammarModel):
    """The whole list in one answer."""

    by: Literal["none"] = "none"

    def first(self, *, limit: int | None = None) -> Ask:
        return Ask()

    def next(self, ask: Ask, answer: Answer) -> Ask | None:
        return None


class StopHeader(GrammarModel):
    """A response header says whether there is more."""

    header: str = Field(min_length=1)


class NumberedPages(GrammarModel):
    """Pages counted from `start`.

    Where the stop header is missing or says neither yes nor no, the first empty page is the end:
    one request more, but nothing is lost.
    """

    by: Literal["number"]
    send: str = "page"
    size: PageSize
    start: int = Field(default=1, ge=0)
    stop: StopHeader | Literal["short", "empty"] = "empty"

    def first(self, *, limit: int | None = None) -> Ask:
        return Ask(params=_size(self.size, limit) | {self.send: str(self.start)})

    def next(self, ask: Ask, answer: Answer) -> Ask | None:
        if not self._has_more(ask, answer):
            return None
        return Ask(params={**ask.params, self.send: str(int(ask.params[self.send]) + 1)})

    def _has_more(self, ask: Ask, answer: Answer) -> bool:
        if isinstance(self.stop, StopHeader):
            said = answer.headers.get(self.stop.header, "").strip().lower()
            if said in _YES | _NO:
                return said in _YES
        if self.stop == "short":
            [name] = self.size
            return answer.records >= int(ask.params[name])
        return answer.records > 0


class CursorPages(GrammarModel):
    """The answer carries a text to send with the next question; without one it is the last."""

    by: Literal["cursor"]
    send: str
    take: str
    size: PageSize | None = None

    def first(self, *, limit: int | None = None) -> Ask:
        return Ask(params=_size(self.size, limit))

    def next(self, ask: Ask, answer: Answer) -> Ask | None:
        cursor = text_at(answer.body, self.take)
        return Ask(params={**ask.params, self.send: cursor}) if cursor else None


class LinkedPages(GrammarModel):
    """The answer carries the address of the next page. Whoever asks must refuse another host."""

    by: Literal["next-url"]
    take: str
    size: PageSize | None = None

    def first(self, *, limit: int | None = None) -> Ask:
        return Ask(params=_size(self.size, limit))

    def next(self, ask: Ask, answer: Answer) -> Ask | None:
        address = text_at(answer.body, self.take)
        return Ask(url=urljoin(answer.url, address)) if address else None


Pages = Annotated[NoPages | NumberedPages | CursorPages | LinkedPages, Field(discriminator="by")]


def _size(size: Mapping[str, int] | None, limit: int | None) -> dict[str, str]:
    return {name: str(limit or value) for name, value in (size or {}).items()}
