"""All companies behind one address: their keys, rows and clocks, and what was asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulators.prohandel import memory
from tests.simulators.prohandel.faults import Fault
from tests.simulators.prohandel.lists import Selection
from tests.simulators.prohandel.moments import date_text, parse_moment
from tests.simulators.prohandel.request_log import RequestLog
from tests.simulators.prohandel.retailer import WITH_CHANGES, Retailer
from tests.simulators.prohandel.tables import Stream
from tests.simulators.prohandel.tokens import Tokens

_ALWAYS_EMPTY = frozenset({"shop", "customercard"})
_REDEMPTIONS = "voucher/redemption"
_REMEMBERED = 32


class UnknownCompany(LookupError):
    """No company has this name."""


@dataclass(frozen=True)
class Rows:
    """A list as it is paged through: all of a stream, or the chosen indexes of it."""

    stream: Stream | None
    chosen: Sequence[int] | None

    def __len__(self) -> int:
        if self.stream is None:
            return 0
        return self.stream.count if self.chosen is None else len(self.chosen)

    def encoded(self, position: int) -> bytes:
        assert self.stream is not None
        index = self.stream.at(position) if self.chosen is None else self.chosen[position]
        return self.stream.encoded(index)


@dataclass
class Cloud:
    retailers: dict[str, Retailer]
    tokens: Tokens
    base_url: str
    state: Path | None = None
    faults: list[Fault] = field(default_factory=list)
    requests: RequestLog = field(default_factory=RequestLog)
    _changes: OrderedDict[tuple[str, Selection, int], Sequence[int]] = field(
        default_factory=OrderedDict
    )

    def company_of(self, *, credentials: tuple[str, str]) -> str | None:
        for name, retailer in self.retailers.items():
            if credentials == (retailer.plan.api_key, retailer.plan.secret):
                return name
        return None

    def retailer(self, name: str) -> Retailer:
        """
        :raises UnknownCompany: if nobody has that name
        """
        if name not in self.retailers:
            raise UnknownCompany(f"Name a company: {', '.join(self.retailers)}.")
        return self.retailers[name]

    def rows(self, *, company: str, selection: Selection) -> Rows | None:
        """What a path selects, or nothing if there is no such path."""
        retailer = self.retailers[company]
        name = selection.entity.removesuffix("/redemption")
        if name in retailer.plan.missing:
            return None
        if selection.since_text:
            return self._changed(retailer, selection)
        if name in _ALWAYS_EMPTY and name == selection.entity:
            return Rows(None, None)
        stream = retailer.streams.get(selection.entity)
        return Rows(stream, None) if stream else None

    def advance(self, *, days: int, company: str | None) -> dict[str, dict[str, object]]:
        """Let days pass for one company or for all, and remember it."""
        names = [company] if company else list(self.retailers)
        happened: dict[str, dict[str, object]] = {}
        for name in names:
            retailer = self.retailer(name)
            events = [retailer.advance() for _ in range(days)]
            totals = {event: sum(day[event] for day in events) for event in events[0]}
            happened[name] = {"today": date_text(retailer.today), **totals}
        if self.state:
            memory.save(path=self.state, retailers=self.retailers.values())
        return happened

    def _changed(self, retailer: Retailer, selection: Selection) -> Rows | None:
        ticks = parse_moment(selection.since_text)
        if selection.entity == _REDEMPTIONS:
            return Rows(retailer.documents.voucher, retailer.redeemed_since(ticks))
        if selection.entity not in WITH_CHANGES:
            return None
        # The pages of one crawl are cut from one choice, made once.
        key = (retailer.plan.name, selection, retailer.days)
        stream = retailer.streams[selection.entity]
        if key not in self._changes:
            self._changes[key] = stream.since(ticks)
            while len(self._changes) > _REMEMBERED:
                self._changes.popitem(last=False)
        return Rows(stream, self._changes[key])
