"""What a WooCommerce shop sold, from orders as it sends them to figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.builds import ALICE
from tests.transforms.samples import samples_of
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

LINES = """
    select sale_id, line_type, quantity, amount, tax_amount, discount_amount, label_price, currency
    from standard.std_sale_lines where is_current and not is_deleted
    order by sale_id, line_type, sale_line_id
"""
SOLD = ("--select", "+fct_sale_lines")
NO_SALES = ("pending", "failed", "cancelled", "checkout-draft")
LATER = "2026-03-02T11:00:07"
DAYS = """
    select sale_date, sum(total_amount), sum(net_amount)
    from analytics.daily_sales_summary group by sale_date order by sale_date
"""


def samples(source: str, stream: str) -> list[Record]:
    return [dict(record) for record in samples_of(source, stream)]


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def item(id: int, total: str, tax: str, **said: Any) -> Record:
    return {
        "id": id, "name": "Linen shirt", "product_id": 93, "variation_id": 95, "quantity": 1,
        "subtotal": total, "subtotal_tax": tax, "total": total, "total_tax": tax,
    } | said  # fmt: skip


def order(id: int, *items: Record, modified: str, **said: Any) -> Record:
    return {
        "id": id, "number": str(id), "status": "completed", "currency": "EUR",
        "date_created": "2026-03-02T12:00:00", "date_created_gmt": "2026-03-02T11:00:00",
        "date_modified_gmt": modified, "customer_id": 0, "payment_method": "bacs",
        "line_items": list(items), "shipping_lines": [], "fee_lines": [],
    } | said  # fmt: skip


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps the project as it parsed it for a tenant of WooCommerce."""
    return tmp_path_factory.mktemp("woocommerce")


def warehouse_of_shop(folder: Path, parsed: Path) -> WarehouseOfSource:
    """Of a shop that has told of its catalogue, and of no order yet."""
    warehouse = WarehouseOfSource("woocommerce", ALICE, folder=folder, target=parsed)
    for stream in ("product", "variation", "category", "customer", "setting", "country"):
        warehouse.read(stream, *samples("woocommerce", stream), at="2026-03-01T02:00:00")
    return warehouse


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, parsed: Path) -> WarehouseOfSource:
    """Built of the samples and of orders of March that are particular."""
    warehouse = warehouse_of_shop(tmp_path_factory.mktemp("shop"), parsed)
    for stream in ("order", "trashed_order", "refund"):
        warehouse.read(stream, *samples("woocommerce", stream), at="2026-03-01T02:00:00")
    warehouse.read(
        "order",
        # 8.395 and 1.595 are 9.99; each to the cent they would be 8.40 and 1.60.
        order(800, item(1, "8.3950", "1.5950"), modified="2026-03-02T11:00:05"),
        # Half an hour after midnight in Ulm.
        order(
            801,
            item(2, "10.0000", "1.9000"),
            modified="2026-03-02T23:30:05",
            date_created="2026-03-03T00:30:00",
            date_created_gmt="2026-03-02T23:30:00",
        ),
        *(
            order(
                810 + number, item(10 + number, "5.0000", "0.9500"), modified=LATER, status=status
            )
            for number, status in enumerate(NO_SALES)
        ),
        at="2026-03-04T02:00:00",
    )
    warehouse.build()
    return warehouse


def test_goods_shipping_fees_and_refunds_add_up_day_by_day(built: WarehouseOfSource) -> None:
    assert built.rows(LINES) == [
        # Two shirts at 64.50, ten off, and the shipping of 4.90.
        ("727", 0, *money("2", "119.00", "19.00", "10.00", "64.50"), "EUR"),
        ("727", 1, *money("0", "4.90", "0.78", "0.00"), None, "EUR"),
        ("728", 0, *money("1", "9.99", "0.65", "0.00", "9.99"), "EUR"),
        ("728", 0, *money("1", "59.50", "9.50", "0.00", "59.50"), "EUR"),
        # 729 was cancelled. 730 is what a guest bought that is no product any more, and a fee.
        ("730", 0, *money("1", "2.38", "0.38", "0.00", "2.38"), "EUR"),
        ("730", 2, *money("0", "1.19", "0.19", "0.00"), None, "EUR"),
        # The shirt came back on its own day, and of the rest only the amount was said.
        ("731", 0, *money("-1", "-59.50", "-9.50", "0.00", "59.50"), "EUR"),
        ("732", 3, *money("0", "-9.99"), None, Decimal("0.00"), None, "EUR"),
        ("736", 1, *money("0", "-4.90", "-0.78", "0.00"), None, "EUR"),
        ("800", 0, *money("1", "9.99", "1.60", "0.00", "9.99"), "EUR"),
        ("801", 0, *money("1", "11.90", "1.90", "0.00", "11.90"), "EUR"),
    ]
    # 9.99 without a word on its tax is taxed at 19 %: 8.39 net.
    assert built.rows(DAYS) == [
        (date(2026, 2, 3), *money("123.90", "104.12")),
        (date(2026, 2, 7), *money("69.49", "59.34")),
        (date(2026, 2, 10), *money("-59.50", "-50.00")),
        (date(2026, 2, 14), *money("3.57", "3.00")),
        (date(2026, 2, 20), *money("-9.99", "-8.39")),
        (date(2026, 2, 21), *money("-4.90", "-4.12")),
        (date(2026, 3, 2), *money("9.99", "8.39")),
        (date(2026, 3, 3), *money("11.90", "10.00")),
    ]


def test_a_line_is_called_as_its_product_or_as_it_calls_itself(built: WarehouseOfSource) -> None:
    assert built.rows(
        "select product_name, product_category, sum(quantity) from analytics.fct_sale_lines"
        " where sale_id in ('728', '730', '731') group by all order by all"
    ) == [
        ("Book: Looms", "Books & paper", Decimal(1)),
        ("Gift wrap (sold out)", "Unknown", Decimal(1)),
        ("Linen shirt", "Shirts", Decimal(0)),
        ("Small order fee", "Unknown", Decimal(0)),
    ]


def test_an_order_counts_on_the_day_of_the_shop(built: WarehouseOfSource) -> None:
    assert built.rows(
        "select business_date, seconds_of_day, cast(sold_at as varchar)"
        " from standard.std_sale_lines where sale_id = '801'"
    ) == [(date(2026, 3, 3), 1800, "2026-03-02 23:30:00")]


def test_pieces_are_counted_once_wherever_the_shop_counts_them(built: WarehouseOfSource) -> None:
    assert built.rows(
        "select product_id, product_size_id, size, ean, quantity_on_hand"
        " from standard.std_product_stock where is_current and not is_deleted order by all"
    ) == [
        ("93", "95", "Blue, M", "4012345678901", Decimal(7)),
        ("93", "96", "Blue, L", None, Decimal(-1)),
        ("94", "94", None, "9780000000002", Decimal(41)),
        # Of the scarf the product counts for its variation.
        ("97", "97", None, None, Decimal(5)),
    ]


def test_the_shop_its_customers_and_categories_are_known(built: WarehouseOfSource) -> None:
    assert built.rows("select shop_id, country, is_web_shop from analytics.dim_shops") == [
        ("webshop", "DE", True)
    ]
    assert built.rows(
        "select customer_id, creation_date, is_staff from standard.std_customers order by all"
    ) == [
        ("1", date(2025, 1, 1), True),
        ("25", date(2025, 12, 1), False),
        ("26", date(2026, 1, 15), False),
    ]
    assert built.rows(
        "select category_id, category_name, main_category_id from standard.std_categories"
        " order by all"
    ) == [("15", "Shirts", "9"), ("16", "Books & paper", None), ("9", "Clothing", None)]


def test_what_later_changes_of_orders_say_is_followed(tmp_path: Path, parsed: Path) -> None:
    warehouse = warehouse_of_shop(tmp_path, parsed)
    shirt, scarf = item(1, "50.0000", "9.5000"), item(2, "20.0000", "3.8000", product_id=97)
    edited = order(800, shirt, scarf, modified="2026-03-02T11:00:05")
    thrown_away = order(801, item(3, "50.0000", "9.5000"), modified="2026-03-02T11:00:06")
    unpaid = order(802, item(4, "5.0000", "0.9500"), modified=LATER, status="pending")
    warehouse.read("order", edited, thrown_away, unpaid, at="2026-03-03T02:00:00")
    warehouse.run()
    assert warehouse.rows(DAYS) == [(date(2026, 3, 2), *money("142.80", "120.00"))]

    warehouse.read(
        "order",
        order(800, scarf, modified="2026-03-04T08:00:00"),
        unpaid | {"status": "processing", "date_modified_gmt": "2026-03-04T08:30:00"},
        at="2026-03-05T02:00:00",
    )
    warehouse.read(
        "trashed_order",
        thrown_away | {"status": "trash", "date_modified_gmt": "2026-03-04T09:00:00"},
        at="2026-03-05T02:00:01",
    )
    warehouse.run()

    # The scarf of 23.80, and the 5.95 that were paid by now.
    assert warehouse.rows(DAYS) == [(date(2026, 3, 2), *money("29.75", "25.00"))]
    grown = warehouse.tables("standard", "analytics")
    warehouse.run("--full-refresh")
    assert warehouse.tables("standard", "analytics") == grown


def test_a_refund_shares_the_currency_and_the_fate_of_its_order(
    tmp_path: Path, parsed: Path
) -> None:
    warehouse = warehouse_of_shop(tmp_path, parsed)
    paid = order(800, item(1, "50.0000", "9.5000"), modified="2026-03-02T11:00:05", currency="USD")
    back: Record = {
        "id": 900, "parent_id": 800, "amount": "59.50", "date_created": "2026-03-03T12:00:00",
        "date_created_gmt": "2026-03-03T11:00:00", "shipping_lines": [], "fee_lines": [],
        "line_items": [item(5, "-50.0000", "-9.5000", quantity=-1)],
    }  # fmt: skip
    stray = back | {"id": 901, "parent_id": 799, "line_items": [item(6, "-1", "0", quantity=-1)],
                    "amount": "1.00"}  # fmt: skip
    warehouse.read("refund", back, stray, at="2026-03-04T02:00:00")
    warehouse.run(*SOLD)
    warehouse.read("order", paid | {"status": "refunded"}, at="2026-03-05T02:00:00")
    warehouse.run(*SOLD)
    counted = """
        select sale_id, amount, currency from standard.std_sale_lines
        where is_current and not is_deleted order by all
    """
    assert warehouse.rows(counted) == [
        ("800", Decimal("59.50"), "USD"),
        ("900", Decimal("-59.50"), "USD"),
        # Of an order from before the history began.
        ("901", Decimal("-1.00"), None),
    ]

    for stream, status, day in (("order", "cancelled", 6), ("trashed_order", "trash", 7)):
        said = {"status": status, "date_modified_gmt": f"2026-03-0{day}T09:00:00"}
        warehouse.read(stream, paid | said, at=f"2026-03-0{day}T22:00:00")
        warehouse.run(*SOLD)

        # Without its order, the refund alone would be a loss that nobody had.
        assert warehouse.rows(counted) == [("901", Decimal("-1.00"), None)]
    grown = warehouse.tables("standard", "analytics")
    warehouse.run("--full-refresh", *SOLD)
    assert warehouse.tables("standard", "analytics") == grown
