"""The truth is what anybody would add up from the rows that are served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.simulators.process import Company, Simulator
from tests.simulators.prohandel.tax_rates import net_cents
from tests.simulators.reader import Reader

ALICE = Company("alice-mode", "alice-key-1", "alice-secret-1", lines=2500, seed=41)
CENT = Decimal("0.01")
Row = dict[str, Any]
Key = tuple[str, ...]


@dataclass
class Sums:
    lines: int = 0
    quantity: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    returned_quantity: Decimal = Decimal(0)
    returned_amount: Decimal = Decimal(0)
    receipts: set[Key] = field(default_factory=set)
    receipts_with_sale: set[Key] = field(default_factory=set)


@dataclass
class Shelf:
    """Everything needed to make sense of a line."""

    shops: dict[int, str]
    category_of: dict[Decimal, int]
    categories: dict[int, tuple[str, int]]


@pytest.fixture(scope="module")
def alice() -> Iterator[Reader]:
    with Simulator(ALICE, options=["--swiss", ALICE.name]) as simulator:
        simulator.advance(days=5)
        yield Reader(simulator, ALICE)


@pytest.fixture(scope="module")
def truth(alice: Reader) -> dict[str, Any]:
    return alice.simulator.truth(ALICE.name)


@pytest.fixture(scope="module")
def folded(alice: Reader) -> dict[str, dict[Key, Sums]]:
    shelf = Shelf(
        shops={row["number"]: row["countryNumber"] for row in alice.rows("branch")},
        category_of={row["number"]: row["categoryNumber"] for row in alice.rows("article")},
        categories={
            row["number"]: (row["name"], row["taxNumber"]) for row in alice.rows("category")
        },
    )
    sums: dict[str, dict[Key, Sums]] = defaultdict(lambda: defaultdict(Sums))
    for line in alice.rows("sale"):
        if not line["isDeleted"]:
            _fold(sums, line, shelf)
    return sums


@pytest.mark.parametrize("currency", ["EUR", "CHF"])
@pytest.mark.parametrize(
    "view", ["total", "by_date", "by_date_and_category", "by_shop", "by_product", "by_customer"]
)
def test_every_figure_is_the_sum_of_the_served_lines(
    truth: dict[str, Any], folded: dict[str, dict[Key, Sums]], currency: str, view: str
) -> None:
    reported = _flat(truth["currencies"][currency][view], view)

    expected = {
        key: _report(sums) for key, sums in folded[view].items() if key and key[0] == currency
    }

    assert {(currency, *key): figures for key, figures in reported.items()} == expected


def test_the_report_date_is_the_newest_business_date(
    truth: dict[str, Any], folded: dict[str, dict[Key, Sums]]
) -> None:
    newest = max(date for _, date in folded["by_date"])

    assert truth["report_date"] == truth["today"] == newest == "2025-07-05"


def test_the_records_are_counted(alice: Reader, truth: dict[str, Any]) -> None:
    counted = {entity: len(alice.rows(entity)) for entity in truth["records"]}

    assert truth["records"] == counted
    assert len(counted) == 19


def test_the_stock_is_the_sum_over_sizes_and_shops(alice: Reader, truth: dict[str, Any]) -> None:
    stock: dict[str, int] = defaultdict(int)
    for row in alice.rows("articlesize"):
        if not row["isDeleted"]:
            stock[str(int(row["articleNumber"]))] += int(row["stockQuantity"])

    assert truth["stock"] == stock


def test_goods_nobody_knows_count_as_an_unknown_category(truth: dict[str, Any]) -> None:
    days = truth["currencies"]["EUR"]["by_date_and_category"].values()

    assert any("Unknown" in categories for categories in days)


@pytest.mark.parametrize(
    ("gross", "per_mille", "net"),
    [(119, 190, 100), (-119, 190, -100), (3, 1000, 2), (-3, 1000, -2), (1, 1000, 1), (0, 190, 0)],
)
def test_net_is_rounded_half_away_from_zero(gross: int, per_mille: int, net: int) -> None:
    assert net_cents(gross_cents=gross, per_mille=per_mille) == net


def _fold(sums: dict[str, dict[Key, Sums]], line: Row, shelf: Shelf) -> None:
    country = shelf.shops[line["branchNumber"]]
    category, tax_number = shelf.categories.get(
        shelf.category_of.get(line["articleNumber"], 0), ("Unknown", 1)
    )
    currency, date = line["currencyNumber"] or "EUR", line["date"][:10]
    net = line["salePrice"] / (1 + _rate(country, tax_number, date))
    keys: dict[str, Key] = {
        "total": (currency,),
        "by_date": (currency, date),
        "by_date_and_category": (currency, date, category),
        "by_shop": (currency, str(line["branchNumber"])),
        "by_product": (currency, str(int(line["articleNumber"]))),
    }
    if line["customerNumber"]:
        keys["by_customer"] = (currency, str(line["customerNumber"]))
    for view, key in keys.items():
        _add(sums[view][key], line, net.quantize(CENT, ROUND_HALF_UP))


def _add(sums: Sums, line: Row, net: Decimal) -> None:
    receipt = tuple(
        str(line[name]) for name in ("branchNumber", "cashRegisterNumber", "receiptNumber", "date")
    )
    sums.lines += 1
    sums.quantity += line["quantity"]
    sums.revenue += line["salePrice"]
    sums.net += net
    sums.discount += line["discount"] + line["deduction"] + line["staffDiscount"]
    sums.cost += line["purchasePrice"]
    sums.receipts.add(receipt)
    if line["quantity"] > 0:
        sums.receipts_with_sale.add(receipt)
    else:
        sums.returned_quantity -= line["quantity"]
        sums.returned_amount -= line["salePrice"]


def _rate(country: str, tax_number: int, date: str) -> Decimal:
    swiss = ("0.081", "0.026") if date >= "2024" else ("0.077", "0.025")
    rates = {"D": ("0.19", "0.07"), "A": ("0.20", "0.10"), "CH": swiss}
    return Decimal(rates[country][tax_number - 1])


def _flat(view: dict[str, Any], name: str) -> dict[Key, dict[str, Any]]:
    if name == "total":
        return {(): view}
    if name == "by_date_and_category":
        return {(day, key): figures for day, keys in view.items() for key, figures in keys.items()}
    return {(key,): figures for key, figures in view.items()}


def _report(sums: Sums) -> dict[str, Any]:
    return {
        "lines": sums.lines,
        "quantity": int(sums.quantity),
        "revenue": str(sums.revenue.quantize(CENT)),
        "net": str(sums.net.quantize(CENT)),
        "tax": str((sums.revenue - sums.net).quantize(CENT)),
        "discount": str(sums.discount.quantize(CENT)),
        "cost": str(sums.cost.quantize(CENT)),
        "returned_quantity": int(sums.returned_quantity),
        "returned_amount": str(sums.returned_amount.quantize(CENT)),
        "receipts": len(sums.receipts),
        "receipts_with_sale": len(sums.receipts_with_sale),
    }
