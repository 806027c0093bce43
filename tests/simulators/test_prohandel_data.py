"""The invented data has the recorded fields, forms and shares, and follows from the seed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.simulators.process import Company, Simulator
from tests.simulators.prohandel import canary
from tests.simulators.reader import Reader

ALICE = Company("alice-mode", "alice-key-1", "alice-secret-1", lines=6000, seed=21)
BOB = Company("bob-mode", "bob-key-1", "bob-secret-1", lines=6000, seed=22)
FIELDS = {
    "article": 46, "articlesize": 23, "branch": 36, "category": 13, "country": 11, "credit": 13,
    "currency": 7, "customer": 76, "inventory": 11, "invoice": 17, "label": 6, "order": 12,
    "payment": 15, "sale": 29, "season": 8, "size": 6, "staff": 29, "supplier": 28, "voucher": 19,
}  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(ALICE, BOB) as running:
        yield running


@pytest.fixture(scope="module")
def alice(simulator: Simulator) -> Reader:
    return Reader(simulator, ALICE)


@pytest.fixture(scope="module")
def sales(alice: Reader) -> list[Row]:
    return alice.rows("sale")


@pytest.mark.parametrize("entity", sorted(FIELDS))
def test_every_row_has_the_recorded_fields_in_one_order(alice: Reader, entity: str) -> None:
    rows = alice.rows(entity)

    forms = {tuple(row) for row in rows}

    assert len(forms) == 1
    assert len(forms.pop()) == FIELDS[entity]
    assert len({row["id"] for row in rows}) == len(rows)


def test_orders_carry_their_positions_and_no_change_fields(alice: Reader) -> None:
    orders = alice.rows("order")

    assert all("lastChange" not in order and "isDeleted" not in order for order in orders)
    assert all(order["positions"] for order in orders)
    assert {len(position) for order in orders for position in order["positions"]} == {22}


def test_the_business_key_of_a_line_is_unique(sales: list[Row]) -> None:
    names = ("branchNumber", "cashRegisterNumber", "receiptNumber", "receiptPosition", "type")

    keys = Counter(tuple(row[name] for name in names) for row in sales)

    assert keys.most_common(1)[0][1] == 1


def test_receipt_numbers_repeat_between_registers(sales: list[Row]) -> None:
    numbers = {row["receiptNumber"] for row in sales}
    receipts = {_receipt(row) for row in sales}

    assert all(len(str(number)) == 8 for number in numbers)
    assert len(numbers) < len(receipts)
    assert 2.7 < len(sales) / len(receipts) < 3.1


def test_a_receipt_has_one_time_one_day_and_one_customer(sales: list[Row]) -> None:
    facts = {(_receipt(row), row["date"], row["time"], row["customerNumber"]) for row in sales}

    assert len(facts) == len({_receipt(row) for row in sales})


def test_types_and_signs_are_mixed_as_recorded(sales: list[Row]) -> None:
    kinds = Counter((row["type"], row["quantity"]) for row in sales)

    assert 0.91 < kinds[0, 1] / len(sales) < 0.95
    assert 0.045 < kinds[2, 1] / len(sales) < 0.065
    assert 0.01 < sum(n for (_, sign), n in kinds.items() if sign < 0) / len(sales) < 0.025
    assert kinds[1, 1] == kinds[3, 1] == 0
    assert min(kinds[1, -1], kinds[0, -1]) > 0


def test_money_is_signed_like_the_line_and_labels_never_are(sales: list[Row]) -> None:
    returns = [row for row in sales if row["quantity"] < 0]

    assert all(row["salePrice"] < 0 and row["purchasePrice"] < 0 for row in returns)
    assert all(row["discount"] <= 0 and row["deduction"] <= 0 for row in returns)
    assert all(row["labelPrice"] >= 0 for row in sales)
    assert all(row["salePrice"] > 0 for row in sales if row["quantity"] > 0)


def test_discounts_explain_the_price_of_nearly_every_line(sales: list[Row]) -> None:
    explained = [
        row
        for row in sales
        if row["discount"] + row["deduction"]
        == row["quantity"] * (row["labelPrice"] - abs(row["salePrice"]))
    ]

    assert 0.975 < len(explained) / len(sales) < 0.995


def test_money_has_two_decimals_at_most(sales: list[Row]) -> None:
    names = ("salePrice", "labelPrice", "discount", "deduction", "purchasePrice")

    amounts = [row[name] for row in sales for name in names]

    assert all(isinstance(amount, Decimal) for amount in amounts)
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)


def test_four_of_five_lines_are_anonymous(sales: list[Row]) -> None:
    anonymous = sum(row["customerNumber"] == 0 for row in sales)

    assert 0.75 < anonymous / len(sales) < 0.83


def test_staff_shop_under_their_staff_numbers(alice: Reader, sales: list[Row]) -> None:
    customers = {row["number"]: row["isStaff"] for row in alice.rows("customer")}
    buyers = {row["customerNumber"] for row in sales} - {0}

    staff = {number for number in buyers if number < 1000}

    assert staff
    assert buyers <= set(customers)
    assert all(customers[number] == (number in staff) for number in buyers)


def test_big_numbers_are_served_as_floats(alice: Reader) -> None:
    text = alice.get("sale", pagesize=1000).text

    assert re.search(r'"articleNumber":100\d{6}\.0,"articleSizeNumber":4\d{12}\.0,', text)
    assert re.search(r'"articleNumber":(100\d{6}\.0),"articleSizeNumber":\1,', text)


def test_most_lines_name_the_size_and_some_the_article(alice: Reader, sales: list[Row]) -> None:
    sizes = {row["number"] for row in alice.rows("articlesize")}

    named = sum(row["articleSizeNumber"] in sizes for row in sales)

    assert 0.91 < named / len(sales) < 0.955


def test_times_have_seven_digits_nine_times_in_ten(sales: list[Row]) -> None:
    lengths = Counter(len(row["lastChange"]) for row in sales)

    assert 0.87 < lengths[27] / len(sales) < 0.93
    assert min(lengths) >= 24


def test_dates_span_two_years_up_to_today(sales: list[Row]) -> None:
    dates = {row["date"] for row in sales}

    assert max(dates) == "2025-06-30T00:00:00"
    assert min(dates) < "2023-07-10"


def test_an_eighth_of_the_lines_changed_months_or_years_later(sales: list[Row]) -> None:
    late = [row for row in sales if row["lastChange"][:10] > row["date"][:10]]

    assert 0.09 < len(late) / len(sales) < 0.15
    assert max(row["lastChange"] for row in sales) < "2025-07-01"


def test_the_page_is_not_a_consistent_snapshot(alice: Reader, sales: list[Row]) -> None:
    articles = {row["number"] for row in alice.rows("article")}
    sold = {row["articleNumber"] for row in sales}

    assert sold - articles
    assert articles - sold


def test_some_rows_are_deleted_softly(alice: Reader, sales: list[Row]) -> None:
    for rows in (sales, alice.rows("article"), alice.rows("articlesize")):
        assert 0 < sum(row["isDeleted"] for row in rows) < len(rows) / 20


def test_some_categories_are_taxed_less(alice: Reader) -> None:
    tax = {row["number"]: row["taxNumber"] for row in alice.rows("category")}

    used = Counter(tax[row["categoryNumber"]] for row in alice.rows("article"))

    assert min(used[1], used[2]) > 0


def test_some_stock_is_none_or_less(alice: Reader) -> None:
    stock = [row["stockQuantity"] for row in alice.rows("articlesize")]

    assert min(stock) < 0
    assert max(stock) > 5


def test_articles_carry_the_never_sentinel(alice: Reader) -> None:
    rows = alice.rows("article")

    never = sum(row["firstSaleDate"] == "1990-01-01T00:00:00" for row in rows)

    assert 0.95 < never / len(rows) < 1


def test_every_personal_field_carries_a_mark(alice: Reader) -> None:
    secret = ("lastName", "firstName", "street", "iban", "bic", "webshopUserPassword", "telephone")
    staff_secret = ("lastName", "firstName", "street", "bankAccount", "personalEmail", "telephone")
    bank = ("iban", "bic", "bankAccount")

    for entity, names in {
        "customer": secret,
        "staff": staff_secret,
        "supplier": bank,
        "branch": bank,
    }.items():
        rows = alice.rows(entity)
        assert all(canary.MARK in row[name] for row in rows for name in names)


def test_lists_without_people_carry_no_mark(alice: Reader) -> None:
    for entity in set(FIELDS) - {"customer", "staff", "supplier", "branch"}:
        text = alice.get(entity, pagesize=1000).text
        assert canary.MARK not in text
        assert canary.BIRTH_DATE not in text
        assert str(canary.BANK_CODE) not in text


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(alice: Reader) -> None:
    bob = Reader(alice.simulator, BOB)
    with Simulator(ALICE) as simulator:
        twin = Reader(simulator, ALICE)

        for entity in FIELDS:
            page = alice.get(entity).content
            assert twin.get(entity).content == page
            assert bob.get(entity).content != page


def test_the_first_day_can_be_chosen() -> None:
    with Simulator(ALICE, options=["--today", "2024-02-29"]) as simulator:
        dates = [row["date"] for row in Reader(simulator, ALICE).rows("sale")]

    assert max(dates) == "2024-02-29T00:00:00"


def test_a_single_line_is_sold_today() -> None:
    company = Company("tiny", "tiny-key", "tiny-secret", lines=1)
    with Simulator(company) as simulator:
        rows = Reader(simulator, company).rows("sale")

    assert json.dumps([row["date"] for row in rows]) == '["2025-06-30T00:00:00"]'


def _receipt(row: Row) -> tuple[int, int, int]:
    return row["branchNumber"], row["cashRegisterNumber"], row["receiptNumber"]
