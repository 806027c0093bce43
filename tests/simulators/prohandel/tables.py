"""A list of the API whose rows are made from their index, with the changes of later days on top."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol, overload

import msgspec

from tests.simulators.prohandel import moments
from tests.simulators.prohandel.randomness import Guids, Shuffle, mix, salt

Row = dict[str, object]

_MASTER_DATA_AGE = 6 * 365 * moments.DAY
_encode = msgspec.json.Encoder().encode


class Stream(Protocol):
    """What the API can page through. `at` gives the row at a position of the full list."""

    @property
    def count(self) -> int: ...

    def at(self, position: int) -> int: ...

    def encoded(self, index: int) -> bytes: ...

    def since(self, ticks: int) -> Sequence[int]: ...


class Stamp(NamedTuple):
    """What every row starts from."""

    nth: int
    bits: int
    id: str
    changed: str


class Pieces(Sequence[int]):
    """Row indexes in several pieces, each computed only when asked for."""

    def __init__(self, *pieces: tuple[int, Callable[[int], int]]) -> None:
        self._ends = list(accumulate(length for length, _ in pieces))
        self._pieces = pieces

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...

    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return [self[position] for position in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        piece = bisect_right(self._ends, at)
        length, index = self._pieces[piece]
        return index(at - self._ends[piece] + length)

    def __iter__(self) -> Iterator[int]:
        for length, index in self._pieces:
            yield from map(index, range(length))


class Table:
    """Every list but the sale lines.

    The first `count` rows changed at moments spread over six years; their rank in that order is a
    shuffle that can be turned round, so "changed since" needs no scan.
    """

    def __init__(
        self,
        *,
        name: str,
        seed: int,
        count: int,
        today: int,
        make: Callable[[Stamp], Row],
        is_ordered: bool = False,
    ) -> None:
        self.salt = salt(seed=seed, name=name)
        self._make = make
        self._base = count
        self._order = None if is_ordered else Shuffle(size=count, seed=self.salt)
        self._ranks = Shuffle(size=count, seed=mix(self.salt))
        self._guids = Guids(salt=self.salt)
        self._step = _MASTER_DATA_AGE // max(1, count)
        self._first = today * moments.DAY + 20 * 3600 * moments.SECOND - self._step * count
        self._appended: list[int] = []
        self._touched: dict[int, int] = {}

    @property
    def count(self) -> int:
        return self._base + len(self._appended)

    def at(self, position: int) -> int:
        if self._order is None or position >= self._base:
            return position
        return self._order.index(position)

    def bits(self, index: int) -> int:
        return mix(index + self.salt)

    def row(self, index: int) -> Row:
        bits = self.bits(index)
        changed = moments.moment_text(self.changed_at(index))
        return self._make(Stamp(index, bits, self._guids.of(bits), changed))

    def encoded(self, index: int) -> bytes:
        return _encode(self.row(index))

    def changed_at(self, index: int) -> int:
        touched = self._touched.get(index)
        return self._created_at(index) if touched is None else touched

    def since(self, ticks: int) -> Sequence[int]:
        """Indexes of the rows whose lastChange is at `ticks` or later.

        A touch only ever moves a row forward, so every row that qualified untouched still does.
        """
        first = self._first_rank(ticks)
        moved = [
            index
            for index, touched in self._touched.items()
            if touched >= ticks and self._created_at(index) < ticks
        ]
        new = [self._base + n for n, at in enumerate(self._appended) if at >= ticks]
        ranked = (self._base - first, lambda rank: self._ranks.index(first + rank))
        return Pieces(ranked, (len(moved), moved.__getitem__), (len(new), new.__getitem__))

    def touch(self, *, index: int, ticks: int) -> None:
        self._touched[index] = max(ticks, self.changed_at(index))

    def append(self, *, ticks: int) -> int:
        self._appended.append(ticks)
        return self.count - 1

    def _created_at(self, index: int) -> int:
        if index >= self._base:
            return self._appended[index - self._base]
        return self._ranked_at(self._ranks.position(index))

    def _ranked_at(self, rank: int) -> int:
        return self._first + rank * self._step + mix(rank + self.salt) % self._step

    def _first_rank(self, ticks: int) -> int:
        rank = min(max(0, (ticks - self._first) // self._step), self._base)
        return rank + 1 if rank < self._base and self._ranked_at(rank) < ticks else rank
