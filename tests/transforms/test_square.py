"""What a seller at Square sold, from orders as Square sends them to figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.builds import ALICE, Tenant
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

ERIN = Tenant("e4140000-0000-4000-8000-000000000004", "Erin Retail", "Europe/Dublin", "EUR", "IE")
LINES = """
    select sale_line_id, quantity, amount, tax_amount, discount_amount, currency, is_deleted
    from standard.std_sale_lines where is_current order by sale_line_id
"""


def money(amount: int, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def line(uid: str, total: int, *, currency: str = "EUR", **said: Any) -> Record:
    return {
        "uid": uid, "name": "Linen shirt", "variation_name": "Small", "quantity": "1",
        "catalog_object_id": "SHIRT-S", "item_type": "ITEM",
        "base_price_money": money(total, currency), "gross_sales_money": money(total, currency),
        "total_discount_money": money(0, currency), "total_tax_money": money(0, currency),
        "total_money": money(total, currency),
    } | said  # fmt: skip


def order(id: str, *lines: Record, closed: str, **said: Any) -> Record:
    return {
        "id": id, "location_id": "GATE", "location_timezone": "Europe/Dublin",
        "line_items": list(lines), "state": "COMPLETED", "created_at": closed,
        "updated_at": closed, "closed_at": closed, "total_money": money(0),
    } | said  # fmt: skip


def returning(id: str, *lines: Record, closed: str, **said: Any) -> Record:
    came_back = [{"source_order_id": "SALE", "return_line_items": list(lines)}]
    return order(id, closed=closed, returns=came_back, **said)


def location(id: str, **said: Any) -> Record:
    return {
        "id": id, "name": id.title(), "timezone": "Europe/Dublin", "country": "IE",
        "currency": "EUR", "status": "ACTIVE", "address": {"locality": "Dublin"},
    } | said  # fmt: skip


def item(id: str, *variations: tuple[str, str, int], **said: Any) -> Record:
    return {
        "id": id, "type": "ITEM", "is_deleted": False, "updated_at": "2025-02-01T08:00:00Z",
        "item_data": {
            "name": "Linen shirt", "reporting_category": {"id": "SHIRTS"},
            "variations": [
                {
                    "id": variation, "type": "ITEM_VARIATION", "is_deleted": False,
                    "item_variation_data": {"name": name, "price_money": money(price)},
                }
                for variation, name, price in variations
            ],
        },
    } | said  # fmt: skip


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps the project as it parsed it for a tenant of Square."""
    return tmp_path_factory.mktemp("square")


@pytest.fixture
def warehouse(tmp_path: Path, parsed: Path) -> WarehouseOfSource:
    return WarehouseOfSource("square", ERIN, folder=tmp_path, target=parsed)


def test_sales_returns_discounts_and_taxes_add_up(warehouse: WarehouseOfSource) -> None:
    _read_catalogue(warehouse)
    # Two shirts at 59.00 less a tenth, 23 % tax in the price; a custom amount with tax added.
    sale = order(
        "SALE",
        line("a", 10620, quantity="2", gross_sales_money=money(11800),
             total_discount_money=money(1180), total_tax_money=money(1986)),
        line("b", 1230, catalog_object_id=None, name="Mending", variation_name=None,
             item_type="CUSTOM_AMOUNT", gross_sales_money=money(1000), total_tax_money=money(230)),
        closed="2025-03-03T10:15:43.267Z",
    )  # fmt: skip
    # One of the shirts comes back four days later; at the other shop one is sold untaxed.
    back = returning(
        "BACK",
        line("a", 5310, total_discount_money=money(590), total_tax_money=money(993)),
        closed="2025-03-07T15:00:01Z",
    )
    elsewhere = order("OTHER", line("a", 5500), closed="2025-03-07T09:00:00Z", location_id="STALL")

    warehouse.read("orders", sale, back, elsewhere, tenant=ERIN, at="2025-03-08T02:00:00")
    warehouse.build()

    assert warehouse.rows(LINES) == [
        ("BACK|return|1|a", Decimal(-1), Decimal("-53.10"), Decimal("-9.93"), Decimal("-5.90"),
         "EUR", False),
        ("OTHER|a", Decimal(1), Decimal("55.00"), Decimal("0.00"), Decimal("0.00"), "EUR", False),
        ("SALE|a", Decimal(2), Decimal("106.20"), Decimal("19.86"), Decimal("11.80"), "EUR", False),
        ("SALE|b", Decimal(1), Decimal("12.30"), Decimal("2.30"), Decimal("0.00"), "EUR", False),
    ]  # fmt: skip
    # 106.20 + 12.30 = 118.50 gross and 86.34 + 10.00 = 96.34 net; -53.10 + 55.00 and -43.17 + 55.00
    assert warehouse.rows(
        "select sale_date, sum(total_amount), sum(net_amount), sum(tax_amount)"
        " from analytics.daily_sales_summary group by sale_date order by sale_date"
    ) == [
        (date(2025, 3, 3), Decimal("118.50"), Decimal("96.34"), Decimal("22.16")),
        (date(2025, 3, 7), Decimal("1.90"), Decimal("11.83"), Decimal("-9.93")),
    ]
    assert warehouse.rows(
        "select shop_id, sum(gross_amount) from analytics.fct_sale_lines group by all order by all"
    ) == [("GATE", Decimal("65.40")), ("STALL", Decimal("55.00"))]
    assert warehouse.rows(
        "select distinct product_name, product_category, is_return from analytics.fct_sale_lines"
        " order by all"
    ) == [
        ("Linen shirt Small", "Shirts", False),
        ("Linen shirt Small", "Shirts", True),
        ("Mending", "Unknown", False),
    ]


def test_the_day_of_a_sale_is_that_of_its_location(warehouse: WarehouseOfSource) -> None:
    late = "2025-06-30T23:30:00Z"
    in_dublin = order("A", line("a", 100), closed=late)  # half past midnight: summer time
    in_tokyo = order(
        "B",
        line("a", 5900, currency="JPY"),
        closed=late,
        location_id="GINZA",
        location_timezone="Asia/Tokyo",
    )
    in_new_york = order("C", line("a", 100), closed=late, location_timezone="America/New_York")

    warehouse.read(
        "orders", in_dublin, in_tokyo, in_new_york, tenant=ERIN, at="2025-07-01T02:00:00"
    )
    warehouse.run("--select", "+fct_sale_lines")

    assert warehouse.rows(
        "select sale_id, business_date, seconds_of_day, currency, amount"
        " from standard.std_sale_lines order by sale_id"
    ) == [
        ("A", date(2025, 7, 1), 1800, "EUR", Decimal("1.00")),
        ("B", date(2025, 7, 1), 30600, "JPY", Decimal("5900.00")),
        ("C", date(2025, 6, 30), 70200, "EUR", Decimal("1.00")),
    ]
    assert warehouse.rows(
        "select distinct cast(sold_at as varchar) from analytics.fct_sale_lines"
    ) == [("2025-06-30 23:30:00",)]


def test_an_order_is_a_sale_when_it_is_completed_and_a_gift_card_never_is(
    warehouse: WarehouseOfSource,
) -> None:
    card = line("g", 5000, item_type="GIFT_CARD", catalog_object_id=None)
    opened = order("A", line("a", 900), closed="2025-03-03T09:00:00Z", state="OPEN", closed_at=None)
    closed = order("A", line("a", 1000), card, closed="2025-03-04T09:00:00Z")
    given_up = order("B", line("a", 700), closed="2025-03-03T09:00:00Z", state="CANCELED")

    warehouse.read("orders", opened, given_up, tenant=ERIN, at="2025-03-03T22:00:00")
    warehouse.run("--select", "+std_sales")

    assert [row[2:] for row in warehouse.rows(LINES) if not row[-1]] == []

    warehouse.read("orders", closed, tenant=ERIN, at="2025-03-04T22:00:00")
    warehouse.run("--select", "+std_sales")

    counted = [row[:3] for row in warehouse.rows(LINES) if not row[-1]]
    assert counted == [("A|a", Decimal(1), Decimal("10.00"))]


def test_a_variation_that_left_its_item_is_deleted_and_a_new_name_is_a_version(
    warehouse: WarehouseOfSource,
) -> None:
    both = item("SHIRT", ("SHIRT-S", "Small", 5900), ("SHIRT-M", "Medium", 6100))
    one = item("SHIRT", ("SHIRT-S", "Slim", 5900))

    warehouse.read("items", both, tenant=ERIN, at="2025-03-03T22:00:00")
    warehouse.run("--select", "+std_products")
    warehouse.read("items", one, tenant=ERIN, at="2025-03-04T22:00:00")
    warehouse.run("--select", "+std_products")

    query = """
        select product_id, version, product_name, sale_price, is_deleted
        from standard.std_products order by product_id, version
    """
    grown = warehouse.rows(query)
    assert grown == [
        ("SHIRT-M", 1, "Linen shirt Medium", Decimal("61.00"), False),
        ("SHIRT-M", 2, "Linen shirt", None, True),
        ("SHIRT-S", 1, "Linen shirt Small", Decimal("59.00"), False),
        ("SHIRT-S", 2, "Linen shirt Slim", Decimal("59.00"), False),
    ]
    warehouse.run("--full-refresh", "--select", "+std_products")
    assert warehouse.rows(query) == grown


def test_an_amount_nobody_can_read_is_named(warehouse: WarehouseOfSource) -> None:
    odd = order("A", line("a", 0, total_money={"amount": "much", "currency": "EUR"}),
                closed="2025-03-03T09:00:00Z")  # fmt: skip

    warehouse.read("orders", odd, tenant=ERIN, at="2025-03-03T22:00:00")
    warehouse.run("--select", "+std_sale_lines")

    assert warehouse.rows("select unreadable_fields from standard.std_sale_lines") == [
        ("total_money.amount",)
    ]


def test_another_tenants_orders_stay_apart(tmp_path: Path, parsed: Path) -> None:
    warehouse = WarehouseOfSource("square", ERIN, ALICE, folder=tmp_path, target=parsed)
    sale = order("SALE", line("a", 1000), closed="2025-03-03T09:00:00Z")

    warehouse.read("orders", sale, tenant=ERIN, at="2025-03-03T22:00:00")
    warehouse.read("orders", sale, tenant=ALICE, at="2025-03-03T22:00:00")
    warehouse.run("--select", "+std_sales")

    keys = warehouse.rows("select tenant_id, sale_key from standard.std_sales")
    assert len(keys) == len({key for _, key in keys}) == 2


def _read_catalogue(warehouse: WarehouseOfSource) -> None:
    at = "2025-03-08T01:00:00"
    shirts: Record = {
        "id": "SHIRTS", "type": "CATEGORY", "is_deleted": False,
        "updated_at": "2025-01-01T08:00:00Z", "category_data": {"name": "Shirts"},
    }  # fmt: skip
    warehouse.read("locations", location("GATE"), location("STALL"), tenant=ERIN, at=at)
    warehouse.read("categories", shirts, tenant=ERIN, at=at)
    warehouse.read("items", item("SHIRT", ("SHIRT-S", "Small", 5900)), tenant=ERIN, at=at)
