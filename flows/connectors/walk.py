"""From the first question of each list to its last page, in order, with some pages fetched ahead.

What to ask next is always said by the style of paging, from the answer before. What is fetched
ahead is a guess: pages of a list whose number is known, and the first pages of the lists that
follow. A guess that was wrong is thrown away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from msgspec import Raw

from flows.connectors.client import List
from flows.connectors.pages import Answer, Pages, PagesBroken
from flows.connectors.progress import Progress, Stuck
from flows.connectors.request import Request

Fetch = Callable[[Request], List]
Tag = TypeVar("Tag")


class WalkBroken(Exception):
    """Page `number` shows that the list cannot be read to its end; the text says why."""

    def __init__(self, sentence: str, *, number: int) -> None:
        super().__init__(sentence)
        self.number = number


@dataclass(frozen=True)
class Leg(Generic[Tag]):
    """One list to be read. `open` gives its first question, and may take its time.

    :param tag: what the caller wants to know of it with each page
    :param is_over: whether, after these records, the rest is of no interest
    """

    open: Callable[[], Request]
    tag: Tag
    is_over: Callable[[Sequence[Raw]], bool] = field(default=lambda records: False)


@dataclass(frozen=True)
class _Asked:
    request: Request
    page: Future[List]


@dataclass
class _Open(Generic[Tag]):
    """A list being read. `asked` are its pages under way, the next one first.

    `ahead` is the number of the last of them, counted from 1. `largest` is how many records the
    largest page had so far.
    """

    leg: Leg[Tag]
    asked: deque[_Asked]
    first: Future[Request]
    progress: Progress = field(default_factory=Progress)
    number: int = 0
    ahead: int = 1
    largest: int = 0


def walk(
    legs: Iterator[Leg[Tag]], *, pages: Pages, fetch: Fetch, at_once: int, name: str
) -> Generator[tuple[Leg[Tag], List]]:
    """Every page of every list, in order. At most `at_once` are held besides the one given out.

    :param fetch: called in threads; what it raises is raised here when the page's turn comes
    :param name: for the threads
    :raises WalkBroken: if a list cannot be read to its end
    """
    pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=f"read-{name}")
    try:
        yield from _Walk(legs, pages, fetch, at_once, pool).run()
    finally:
        # A caller who stops early does not wait for a page nobody wants.
        pool.shutdown(wait=False, cancel_futures=True)


class _Walk(Generic[Tag]):
    def __init__(
        self,
        legs: Iterator[Leg[Tag]],
        pages: Pages,
        fetch: Fetch,
        at_once: int,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._legs = legs
        self._pages = pages
        self._fetch = fetch
        self._at_once = at_once
        self._pool = pool
        self._open: deque[_Open[Tag]] = deque()

    def run(self) -> Iterator[tuple[Leg[Tag], List]]:
        while self._open or self._begin():
            current = self._open[0]
            while current.asked:
                asked = current.asked.popleft()
                # The list's first question is known once its first page has come.
                page = asked.page.result()
                request = current.first.result() if current.number == 0 else asked.request
                current.number += 1
                try:
                    self._go_on(current, request, page)
                except (PagesBroken, Stuck) as broken:
                    raise WalkBroken(str(broken), number=current.number) from None
                yield current.leg, page
                del page, asked
            self._open.popleft()

    def _begin(self) -> bool:
        """Ask for the first page of the next list, if there is one."""
        leg = next(self._legs, None)
        if leg is None:
            return False
        first: Future[Request] = Future()
        page = self._pool.submit(self._first, leg, first)
        # Until it is known, an empty question stands for the first one.
        self._open.append(_Open(leg=leg, asked=deque([_Asked(Request(), page)]), first=first))
        return True

    def _first(self, leg: Leg[Tag], first: Future[Request]) -> List:
        request = leg.open()
        first.set_result(request)
        return self._fetch(request)

    def _go_on(self, current: _Open[Tag], request: Request, page: List) -> None:
        """Look at a page, and see to it that the next ones are under way."""
        records = page.rows.records
        if current.number == 1:
            current.progress.ask(request)
        current.progress.came(records)
        answer = Answer(
            url=page.reply.url,
            headers=page.reply.headers,
            body=page.text,
            records=records,
            largest=current.largest,
        )
        current.largest = answer.size
        following = None
        if not current.leg.is_over(records):
            following = self._pages.next(request, answer)
        if following is not None:
            current.progress.ask(following)
        self._settle(current, following)
        if following is not None:
            self._count_ahead(current, following, self._pages.known(request, answer))
        while self._has_room() and self._begin():
            pass

    def _settle(self, current: _Open[Tag], following: Request | None) -> None:
        """Have the next page under way, and no page that will not come."""
        if following is not None and current.asked and current.asked[0].request == following:
            return
        for asked in current.asked:
            asked.page.cancel()
        current.asked.clear()
        current.ahead = current.number
        if following is not None:
            self._ask(current, following)

    def _count_ahead(self, current: _Open[Tag], following: Request, known: int | None) -> None:
        if known is None:
            return
        first = current.first.result()
        if self._pages.nth(first, current.number + 1) != following:
            # Pages are not as large as was asked for: there is no telling where others begin.
            return
        while self._has_room() and current.ahead < known:
            self._ask(current, self._pages.nth(first, current.ahead + 1))

    def _ask(self, current: _Open[Tag], request: Request) -> None:
        current.asked.append(_Asked(request, self._pool.submit(self._fetch, request)))
        current.ahead += 1

    def _has_room(self) -> bool:
        return sum(len(each.asked) for each in self._open) < self._at_once
