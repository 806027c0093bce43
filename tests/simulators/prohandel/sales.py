"""The sale lines: every one made from its number, with corrections of later days on top."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tests.simulators.prohandel.catalogue import SIZES_PER_ARTICLE, Catalogue, ean
from tests.simulators.prohandel.moments import DAY, SECOND, date_text, moment_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.randomness import Guids, Shuffle, mix, salt
from tests.simulators.prohandel.receipts import Day, Receipt, Receipts
from tests.simulators.prohandel.tables import Pieces

# (type, sign) of 1000 lines, as counted in recorded receipts.
_KINDS = (
    ((0, 1),) * 928 + ((0, -1),) * 3 + ((2, 1),) * 55 + ((2, -1),) * 3 + ((1, -1),) * 10
    + ((3, -1),)
)  # fmt: skip
_DISCOUNTS = (0,) * 4 + (3,) * 26 + (5,) * 20 + (10,) * 20 + (20,) * 15 + (30,) * 10 + (50,) * 5
# Bulk corrections reach back 7 or 21 months: (share per 1000, shortest lag and spread in days).
_LATE = ((150, 204, 14), (100, 640, 14))
_UNKNOWN_ARTICLE_EVERY = 499
_RETURN_POSITION = 500_000
_DELETED_EVERY = 200


class Priced(NamedTuple):
    """What was on the line. Money in cents; `article_index` is -1 where the article is unknown."""

    article_index: int
    size_index: int
    article: int
    size_number: int
    label: int
    discount: int
    deduction: int
    paid: int
    purchase: int


class Line(NamedTuple):
    """A sale line as the API serves it: signed, in cents."""

    bits: int
    receipt: Receipt
    position: int
    type: int
    goods: Priced
    quantity: int
    paid: int
    discount: int
    changed: int
    is_deleted: bool


class Correction(NamedTuple):
    """What later days did to a line: `off` per cent of the amount, or the whole line."""

    changed: int
    off: int
    is_deleted: bool


class Sales:
    def __init__(self, *, plan: CompanyPlan, catalogue: Catalogue, today: int) -> None:
        self.receipts = Receipts(plan=plan, today=today)
        self._catalogue = catalogue
        self._salt = salt(seed=plan.seed, name="sale")
        self._order = Shuffle(size=plan.lines, seed=self._salt)
        self._guids = Guids(salt=self._salt)
        self._history = plan.lines
        self._corrections: dict[int, Correction] = {}

    @property
    def count(self) -> int:
        return self.receipts.lines

    def at(self, position: int) -> int:
        return self._order.index(position) if position < self._history else position

    def line(self, index: int) -> Line:
        line = self._original(index)
        correction = self._corrections.get(index)
        if correction is None:
            return line
        given = line.paid * correction.off // 100
        return line._replace(
            paid=line.paid - given,
            discount=line.discount + given,
            changed=correction.changed,
            is_deleted=line.is_deleted or correction.is_deleted,
        )

    def encoded(self, index: int) -> bytes:
        line = self.line(index)
        receipt, goods = line.receipt, line.goods
        sign = line.quantity
        return (
            f'{{"id":"{self._guids.of(line.bits)}","branchNumber":{receipt.shop.number},'
            f'"cashRegisterNumber":{receipt.register},"receiptNumber":{receipt.number},'
            f'"receiptPosition":{line.position},"type":{line.type},'
            f'"date":"{date_text(receipt.day)}T00:00:00","time":{receipt.time},'
            f'"articleNumber":{goods.article}.0,"articleSizeNumber":{goods.size_number}.0,'
            f'"quantity":{sign}.0,"salePrice":{line.paid / 100},"labelPrice":{goods.label / 100},'
            f'"discount":{line.discount / 100},"deduction":{sign * goods.deduction / 100},'
            f'"staffDiscount":0.0,"purchasePrice":{sign * goods.purchase / 100},'
            f'"customerNumber":{receipt.customer},"staffNumber":{receipt.staff},'
            f'"cashierNumber":{receipt.cashier},"paymentOptionNumber":{receipt.payment},'
            f'"lastChange":"{moment_text(line.changed)}",'
            f'"isDeleted":{"true" if line.is_deleted else "false"},'
            f'"currencyNumber":"{receipt.shop.currency}","countryNumber":"","zipCode":"",'
            f'"priceChangeReasonNumber":0,"returnReasonNumber":0,"alternativeReceiptNumber":""}}'
        ).encode()

    def since(self, ticks: int) -> Sequence[int]:
        """Indexes of the lines whose lastChange is at `ticks` or later.

        Everything sold after that day qualifies; of the days before, only the reach of the bulk
        corrections is looked at.
        """
        day = ticks // DAY
        early = array("q", (i for i in self._suspects(day) if self._original(i).changed >= ticks))
        rest = self._first_line_after(day)
        moved = [
            index
            for index, correction in self._corrections.items()
            if correction.changed >= ticks and self._original(index).changed < ticks
        ]
        after = (self.count - rest, partial(int.__add__, rest))
        return Pieces((len(early), early.__getitem__), after, (len(moved), moved.__getitem__))

    def correct(self, *, index: int, ticks: int, off: int = 0, is_deleted: bool = False) -> None:
        before = self._corrections.get(index, Correction(0, 0, False))
        kept = (100 - before.off) * (100 - off) // 100
        self._corrections[index] = Correction(ticks, 100 - kept, before.is_deleted or is_deleted)

    def _original(self, index: int) -> Line:
        later = self.receipts.later_day(index)
        number, position = self.receipts.place(index, later)
        receipt = self.receipts.receipt(number, later)
        bits = mix(index + self._salt)
        kind, sign = self._kind(index, bits, later)
        goods = self._goods(index, bits) if sign > 0 else self._brought_back(index, bits)
        if kind == 1:
            position += _RETURN_POSITION
        elif kind == 2:
            position -= self._shares_position(index, position, later)
            goods = goods if bits >> 40 & 3 else _unlabelled(goods)
        return Line(
            bits, receipt, position, kind, goods, sign, sign * goods.paid,
            sign * goods.discount, self._changed(bits, receipt, later),
            (bits >> 45) % _DELETED_EVERY == 3,
        )  # fmt: skip

    def _kind(self, index: int, bits: int, later: Day | None) -> tuple[int, int]:
        if later and index >= later.first_line + later.lines - later.returns:
            return 1, -1
        return _KINDS[(bits >> 4) % 1000]

    def _shares_position(self, index: int, position: int, later: Day | None) -> bool:
        """Whether the line stands where the line before does, told apart by the type alone."""
        before = index - 1
        return position == 4 and self._kind(before, mix(before + self._salt), later)[0] == 0

    def _goods(self, index: int, bits: int) -> Priced:
        found = self._catalogue.popular(bits >> 16)
        goods = self._catalogue.goods(found)
        article = goods.number
        size = (bits >> 41) % SIZES_PER_ARTICLE
        size_number = ean(article=found, size=size) if bits >> 44 & 0xFFF > 270 else article
        if index % _UNKNOWN_ARTICLE_EVERY == 7:
            found, article = -1, 990_000_000 + index % 9_000_000
            size_number = article
        label = goods.label_price
        discount = label * _DISCOUNTS[(bits >> 10) % 100] // 100
        deduction = (label - discount) % 100 if (bits >> 30) % 100 < 3 else 0
        paid = label - discount - deduction
        return Priced(
            found, size, article, size_number, label, discount, deduction, paid,
            goods.purchase_price,
        )  # fmt: skip

    def _brought_back(self, index: int, bits: int) -> Priced:
        """What an older line sold, at that line's prices."""
        older = (bits >> 3) % index if index else 0
        return self._goods(older, mix(older + self._salt))

    def _changed(self, bits: int, receipt: Receipt, later: Day | None) -> int:
        lag = 0 if later else self._lag(bits, receipt.day)
        if lag:
            night = 79_200 + bits % 7000
            return (receipt.day + lag) * DAY + night * SECOND + (bits >> 5) % SECOND
        second = receipt.time + bits % 300
        return receipt.day * DAY + second * SECOND + (bits >> 5) % SECOND

    def _lag(self, bits: int, day: int) -> int:
        """After how many days the history changed the line again; 0 for the many it left alone."""
        drawn = (bits >> 14) % 1000
        for share, shortest, spread in _LATE:
            if drawn < share:
                lag = shortest + (bits >> 24) % spread
                return lag if day + lag <= self.receipts.last_day else 0
            drawn -= share
        return 0

    def _suspects(self, day: int) -> Iterator[int]:
        """Lines sold on `day` or before that may have changed on `day` or after."""
        first_line_of = self.receipts.first_line_of
        days = {day}
        for _, shortest, spread in _LATE:
            reach = range(day - shortest - spread, self.receipts.last_day - shortest + 1)
            days.update(d for d in reach if self.receipts.first_day <= d < day)
        for suspect in sorted(days):
            if suspect <= self.receipts.last_day:
                is_told_by_lag = suspect < day
                for index in range(first_line_of(suspect), first_line_of(suspect + 1)):
                    if not is_told_by_lag or self._lag(mix(index + self._salt), suspect):
                        yield index
        for later in self.receipts.days:
            if later.day == day:
                yield from range(later.first_line, later.first_line + later.lines)

    def _first_line_after(self, day: int) -> int:
        if day < self.receipts.last_day:
            return self.receipts.first_line_of(day + 1)
        later = (later.first_line for later in self.receipts.days if later.day > day)
        return next(later, self.count)


def _unlabelled(goods: Priced) -> Priced:
    return goods._replace(label=0, discount=0, deduction=0, paid=goods.label)
