"""Which receipt a sale line stands on, and when and where that receipt was printed.

Lines are numbered through time. 29 lines make a block of ten receipts, laid out in one of 64 ways,
so the receipt of any line is found without looking at the lines before it.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from typing import NamedTuple

from tests.simulators.prohandel.moments import HISTORY_DAYS, trading_weight
from tests.simulators.prohandel.plans import CompanyPlan, Shop
from tests.simulators.prohandel.randomness import mix, salt

_RECEIPT_SIZES = (1, 1, 2, 2, 3, 3, 3, 4, 4, 6)
_BLOCK_LINES = sum(_RECEIPT_SIZES)
_BLOCK_RECEIPTS = len(_RECEIPT_SIZES)
_FIRST_RECEIPT_NUMBER = 10_000_000
_OPENING_SECOND, _OPEN_SECONDS = 36_141, 32_084
_PAYMENTS = (0,) * 29 + (1,) * 30 + (2,) * 12 + (3,) * 10 + (83, 85, 86, 88, 99) * 4


class Receipt(NamedTuple):
    id: int
    shop: Shop
    register: int
    number: int
    day: int
    time: int
    customer: int
    staff: int
    cashier: int
    payment: int


class Day(NamedTuple):
    """The lines of one later day. The last `returns` of them bring goods back."""

    day: int
    first_line: int
    lines: int
    first_block: int
    returns: int
    newcomer: int


def _layouts() -> tuple[tuple[tuple[int, int], ...], ...]:
    shuffler = random.Random(29)
    layouts = []
    for _ in range(64):
        sizes = list(_RECEIPT_SIZES)
        shuffler.shuffle(sizes)
        layouts.append(
            tuple((n, line) for n, size in enumerate(sizes) for line in range(1, size + 1))
        )
    return tuple(layouts)


_LAYOUTS = _layouts()


class Receipts:
    """Two years of history, then one `Day` after the other."""

    def __init__(self, *, plan: CompanyPlan, today: int) -> None:
        self._plan = plan
        self._block_salt = salt(seed=plan.seed, name="block")
        self._salt = salt(seed=plan.seed, name="receipt")
        self._registers = [(s, n + 1) for s in plan.shops for n in range(s.registers)]
        self.first_day = today - HISTORY_DAYS + 1
        self.last_day = today
        self.lines = plan.lines
        self._blocks = -(-plan.lines // _BLOCK_LINES)
        self._first_receipts = self._spread(receipts=self.place(plan.lines - 1)[0] + 1)
        self.days: list[Day] = []
        self._day_starts: list[int] = []
        self._latest: Receipt | None = None

    def open_day(self, *, day: int, returned_share: int, newcomer: int) -> Day:
        """Append one day's lines: as many as that day of the week and year brings on average."""
        lines = max(4, self._plan.lines * trading_weight(day) // self._total_weight)
        returns = max(1, lines // returned_share)
        opened = Day(day, self.lines, lines, self._blocks, returns, newcomer)
        self.lines += lines
        self._blocks += -(-lines // _BLOCK_LINES)
        self.days.append(opened)
        self._day_starts.append(opened.first_line)
        return opened

    def later_day(self, line: int) -> Day | None:
        """The day after the history that the line belongs to."""
        if line < self._plan.lines:
            return None
        return self.days[bisect_right(self._day_starts, line) - 1]

    def place(self, line: int, later: Day | None = None) -> tuple[int, int]:
        """(receipt, position on it) of a line."""
        block, offset = divmod(line - later.first_line if later else line, _BLOCK_LINES)
        if later:
            block += later.first_block
        layout = _LAYOUTS[mix(block + self._block_salt) & 63]
        receipt, position = layout[offset]
        return block * _BLOCK_RECEIPTS + receipt, position

    def receipt(self, receipt: int, later: Day | None = None) -> Receipt:
        if self._latest is not None and self._latest.id == receipt:
            return self._latest
        bits = mix(receipt + self._salt)
        number, till = divmod(receipt, len(self._registers))
        shop, register = self._registers[till]
        staff = 1 + (bits >> 8) % self._plan.staff
        self._latest = Receipt(
            id=receipt,
            shop=shop,
            register=register,
            number=_FIRST_RECEIPT_NUMBER + number,
            day=later.day if later else self._history_day(receipt),
            time=_OPENING_SECOND + bits % _OPEN_SECONDS,
            customer=self._customer(receipt, bits, later),
            staff=staff,
            cashier=staff if bits >> 62 else 1,
            payment=_PAYMENTS[(bits >> 16) % len(_PAYMENTS)],
        )
        return self._latest

    def first_line_of(self, day: int) -> int:
        """The first line of a day of the history or, if it had none, of the next day that had."""
        if day <= self.first_day:
            return 0
        if day > self.last_day:
            return self._plan.lines
        block, receipt = divmod(self._first_receipts[day - self.first_day], _BLOCK_RECEIPTS)
        layout = _LAYOUTS[mix(block + self._block_salt) & 63]
        return min(block * _BLOCK_LINES + layout.index((receipt, 1)), self._plan.lines)

    def _customer(self, receipt: int, bits: int, later: Day | None) -> int:
        """0 for the four of five who stay anonymous; staff shop under their staff number."""
        if later and receipt == later.first_block * _BLOCK_RECEIPTS:
            return later.newcomer
        kind = (bits >> 24) % 1000
        if kind >= 210:
            return 0
        if kind >= 200:
            return 1 + (bits >> 34) % self._plan.staff
        share = (bits >> 36) & 0xFFFFFF
        return shopper_number(share * share * self._plan.customers >> 48)

    def _history_day(self, receipt: int) -> int:
        return self.first_day + bisect_right(self._first_receipts, receipt) - 1

    def _spread(self, *, receipts: int) -> list[int]:
        """The first receipt of every day of the history; the last receipt is always today's."""
        weights = [trading_weight(self.first_day + n) for n in range(HISTORY_DAYS)]
        self._total_weight = sum(weights)
        before, firsts = 0, []
        for weight in weights:
            firsts.append(-(-receipts * before // self._total_weight))
            before += weight
        return [min(first, receipts - 1) for first in firsts]


def shopper_number(index: int) -> int:
    return 100_001 + index
