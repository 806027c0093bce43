"""Invoices, payments, vouchers, credits and stocktakings."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulators.prohandel.moments import DAY, midnight_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.receipts import shopper_number
from tests.simulators.prohandel.tables import Row, Stamp, Table


class Documents:
    """Small lists that point at the same shops and customers."""

    def __init__(self, *, plan: CompanyPlan, today: int) -> None:
        self._plan = plan
        self._today = today
        self._redeemed: dict[int, int] = {}
        self.voucher = self._table("voucher", plan.documents, self._voucher)

    def tables(self) -> dict[str, Table]:
        count = self._plan.documents
        return {
            "inventory": self._table("inventory", max(4, count // 5), self._inventory),
            "invoice": self._table("invoice", count, self._invoice),
            "payment": self._table("payment", count, self._payment),
            "voucher": self.voucher,
            "credit": self._table("credit", count, self._credit),
        }

    def redeem(self, *, index: int, ticks: int) -> None:
        """Spend what is left on a voucher."""
        self._redeemed[index] = ticks // DAY
        self.voucher.touch(index=index, ticks=ticks)

    def is_redeemed(self, index: int) -> bool:
        """Whether at least a part of the voucher has been spent."""
        return index in self._redeemed or self.voucher.bits(index) % 5 > 0

    def _table(self, name: str, count: int, make: Callable[[Stamp], Row]) -> Table:
        seed = self._plan.seed
        return Table(name=name, seed=seed, count=count, today=self._today, make=make)

    def _day(self, bits: int) -> str:
        return midnight_text(self._today - (bits >> 13) % 1500)

    def _shop(self, bits: int) -> int:
        return self._plan.shops[bits % len(self._plan.shops)].number

    def _customer(self, bits: int) -> int:
        return shopper_number((bits >> 17) % self._plan.customers)

    def _voucher(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        value = 1000 + (bits >> 9) % 20 * 500
        day = self._redeemed.get(stamp.nth)
        if day is not None or bits % 5 > 1:
            redeemed = value
        else:
            redeemed = value // 4 if self.is_redeemed(stamp.nth) else 0
        redeemed_on = midnight_text(day) if day else self._day(bits >> 3)
        return {
            "id": stamp.id,
            "number": 500_000 + stamp.nth - (1 if stamp.nth % 50 == 49 else 0),
            "internetCode": f"{bits >> 24:010X}"[:10],
            "value": value / 100,
            "amountRedeemed": redeemed / 100,
            "status": 1 if redeemed else 0,
            "type": 0,
            "date": self._day(bits),
            "validFrom": self._day(bits) if bits % 25 else None,
            "validUntil": None if bits % 50 else midnight_text(self._today + 365),
            "voucherRedemptionDate": redeemed_on if redeemed else None,
            "receiptNumber": 0,
            "receiptPosition": 0,
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 90 == 0,
            "branchNumber": self._shop(bits) if bits % 20 == 0 else 0,
            "customerNumber": self._customer(bits) if bits % 11 else 0,
            "currencyNumber": self._plan.currency,
            "note": "",
        }

    def _credit(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        value = 500 + (bits >> 9) % 30_000
        return {
            "id": stamp.id,
            "number": 700_000 + stamp.nth,
            "branchNumber": self._shop(bits),
            "customerNumber": self._customer(bits) if bits % 3 else 0,
            "receiptNumber": 10_000_000 + (bits >> 5) % 100_000,
            "receiptPosition": 1 + bits % 4,
            "date": self._day(bits),
            "value": value / 100,
            "amountRedeemed": value / 100 if bits % 2 else 0.0,
            "currencyNumber": self._plan.currency,
            "status": bits % 2,
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 90 == 0,
        }

    def _invoice(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        amount = (bits >> 9) % 40_000 * (-1 if bits % 100 < 61 else 1)
        return {
            "id": stamp.id,
            "number": 20_000 + stamp.nth // 10 * 10 + min(stamp.nth % 10, 8),
            "receiptNumber": 30_000_000 + stamp.nth,
            "receiptPosition": (9700, 300, 301)[bits % 3],
            "date": self._day(bits),
            "amount": amount / 100,
            "amountCleared": amount / 100 if bits % 10 == 0 else 0.0,
            "status": (1, 100, 101)[(bits >> 4) % 3],
            "branchNumber": self._shop(bits),
            "customerNumber": self._customer(bits) if bits % 5 else 0,
            "currencyNumber": self._plan.currency,
            "paymentDueDate": None,
            "staffNumber": 1 + (bits >> 6) % self._plan.staff if bits % 9 > 1 else 0,
            "cashRegisterNumber": 1 if bits % 9 > 1 else 0,
            "paymentConditionNumber": 0,
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 90 == 0,
        }

    def _payment(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        return {
            "id": stamp.id,
            "number": 1,
            "receiptNumber": 40_000_000 + stamp.nth,
            "receiptPosition": 1 + bits % 4,
            "date": self._day(bits),
            "invoiceDate": self._day(bits),
            "amount": (100 + (bits >> 9) % 40_000) / 100,
            "status": 100 if bits % 100 else 0,
            "cashRegisterNumber": 1,
            "staffNumber": 1 + (bits >> 6) % self._plan.staff,
            "branchNumber": self._shop(bits),
            "customerNumber": self._customer(bits) if bits % 14 else 0,
            "currencyNumber": self._plan.currency,
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 90 == 0,
        }

    def _inventory(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        return {
            "id": stamp.id,
            "branchNumber": self._shop(bits),
            "categoryNumber": 10 * (1 + (bits >> 8) % self._plan.categories),
            "supplierNumber": 0,
            "shopNumber": 0,
            "active": bits % 10 == 0,
            "date": self._day(bits),
            "stocktakingDate": self._day(bits),
            "type": 0,
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 90 == 0,
        }
