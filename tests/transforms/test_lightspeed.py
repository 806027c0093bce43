"""What a retailer at Lightspeed sold, from sales as it sends them to figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.builds import ALICE, Tenant
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

ERIN = Tenant(
    "e4140000-0000-4000-8000-000000000004", "Erin Retail", "Pacific/Auckland", "NZD", "NZ"
)
AT = "2025-03-08T02:00:00"


def line(id: str, price: float, tax: float, **said: Any) -> Record:
    return {
        "id": id, "product_id": "SHIRT", "quantity": 1, "price_total": price, "tax_total": tax,
        "discount_total": 0, "cost_total": 20, "sequence": 0, "status": "CONFIRMED",
        "is_return": False,
    } | said  # fmt: skip


def sale(id: str, *lines: Record, sold: str, **said: Any) -> Record:
    return {
        "id": id, "outlet_id": "QUEEN", "register_id": "TILL", "status": "CLOSED",
        "state": "closed", "sale_date": sold, "created_at": sold, "updated_at": sold,
        "deleted_at": None, "line_items": list(lines), "version": 7,
    } | said  # fmt: skip


def outlet(id: str, currency: str, time_zone: str, country: str) -> Record:
    return {
        "id": id, "name": id.title(), "currency": currency, "time_zone": time_zone,
        "physical_country_id": country, "deleted_at": None, "version": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps the project as it parsed it for a tenant of Lightspeed."""
    return tmp_path_factory.mktemp("lightspeed")


@pytest.fixture
def warehouse(tmp_path: Path, parsed: Path) -> WarehouseOfSource:
    warehouse = WarehouseOfSource("lightspeed", ERIN, folder=tmp_path, target=parsed)
    warehouse.read(
        "outlets",
        outlet("QUEEN", "NZD", "Pacific/Auckland", "NZ"),
        outlet("GEORGE", "AUD", "Australia/Perth", "AU"),
        tenant=ERIN,
        at="2025-03-01T02:00:00",
    )
    return warehouse


def test_sales_returns_discounts_and_taxes_add_up(warehouse: WarehouseOfSource) -> None:
    # Two shirts at 60.00 with 15 % tax, a tenth off: 108.00, of which 93.91304 is net.
    sold = sale(
        "SALE",
        line("a", 93.91304, 14.08696, quantity=2, discount_total=10.43478, cost_total=40),
        sold="2025-03-03T01:15:43+00:00",
    )
    # One comes back four days later, at 54.00; the other outlet sells one for 55.00, with 10 %.
    back = sale(
        "BACK",
        line("b", -46.95652, -7.04348, quantity=-1, discount_total=-5.21739, cost_total=-20,
             is_return=True),
        sold="2025-03-07T01:00:00+00:00",
        return_for="SALE",
    )  # fmt: skip
    elsewhere = sale("OTHER", line("c", 50, 5), sold="2025-03-07T03:00:00Z", outlet_id="GEORGE")
    _read_catalogue(warehouse)

    warehouse.read("sales", sold, back, elsewhere, tenant=ERIN, at=AT)
    warehouse.build()

    assert warehouse.rows(
        "select sale_line_id, shop_id, quantity, amount, tax_amount, discount_amount, cost_amount,"
        " currency from standard.std_sale_lines where is_current order by sale_line_id"
    ) == [
        ("a", "QUEEN", Decimal(2), Decimal("108.00"), Decimal("14.09"), Decimal("10.43"),
         Decimal("40.00"), "NZD"),
        ("b", "QUEEN", Decimal(-1), Decimal("-54.00"), Decimal("-7.04"), Decimal("-5.22"),
         Decimal("-20.00"), "NZD"),
        ("c", "GEORGE", Decimal(1), Decimal("55.00"), Decimal("5.00"), Decimal("0.00"),
         Decimal("20.00"), "AUD"),
    ]  # fmt: skip
    # 108.00 - 14.09 = 93.91 and -54.00 + 7.04 = -46.96
    assert warehouse.rows(
        "select sale_date, currency, sum(total_amount), sum(net_amount), sum(tax_amount)"
        " from analytics.daily_sales_summary group by all order by all"
    ) == [
        (date(2025, 3, 3), "NZD", Decimal("108.00"), Decimal("93.91"), Decimal("14.09")),
        (date(2025, 3, 7), "AUD", Decimal("55.00"), Decimal("50.00"), Decimal("5.00")),
        (date(2025, 3, 7), "NZD", Decimal("-54.00"), Decimal("-46.96"), Decimal("-7.04")),
    ]
    assert warehouse.rows(
        "select distinct product_name, product_category, is_return from analytics.fct_sale_lines"
        " order by all"
    ) == [("Linen shirt / Blue", "Shirts", False), ("Linen shirt / Blue", "Shirts", True)]


def test_the_day_of_a_sale_is_that_of_its_outlet(warehouse: WarehouseOfSource) -> None:
    evening = "2025-03-31T17:30:00+00:00"
    in_auckland = sale("A", line("a", 10, 1.5), sold=evening)  # half past six: summer time
    in_perth = sale("B", line("b", 10, 1), sold="2025-03-31T15:30:00Z", outlet_id="GEORGE")

    warehouse.read("sales", in_auckland, in_perth, tenant=ERIN, at="2025-04-01T02:00:00")
    warehouse.run("--select", "+fct_sale_lines")

    assert warehouse.rows(
        "select sale_id, business_date, seconds_of_day from standard.std_sale_lines order by all"
    ) == [("A", date(2025, 4, 1), 23400), ("B", date(2025, 3, 31), 84600)]
    assert warehouse.rows(
        "select cast(sold_at as varchar) from analytics.fct_sale_lines order by sold_at"
    ) == [("2025-03-31 15:30:00",), ("2025-03-31 17:30:00",)]


def test_what_is_parked_laid_by_or_voided_is_no_sale_and_what_is_on_account_is(
    warehouse: WarehouseOfSource,
) -> None:
    sold = "2025-03-03T01:00:00Z"
    card = line("g", 50, 0, gift_card_number="1234")
    warehouse.read(
        "sales",
        sale("CLOSED", line("a", 10, 1.5), card, sold=sold),
        sale("PARKED", line("b", 10, 1.5), sold=sold, status="SAVED", state="parked"),
        sale("LAYBY", line("c", 10, 1.5), sold=sold, status="LAYBY", state="pending"),
        sale("VOIDED", line("d", 10, 1.5), sold=sold, status="VOIDED", state="voided"),
        sale("UNDONE", line("j", 10, 1.5), sold=sold, status="VOIDED", state="closed"),
        sale("ACCOUNT", line("e", 10, 1.5), sold=sold, status="ONACCOUNT", state="pending"),
        sale("PAID", line("f", 10, 1.5), sold=sold, status="LAYBY_CLOSED", state=None),
        sale("GONE", line("h", 10, 1.5), sold=sold, deleted_at="2025-03-04T01:00:00Z"),
        sale("NEITHER", line("i", 10, 1.5), sold=sold, status=None, state=None),
        tenant=ERIN,
        at=AT,
    )
    warehouse.run("--select", "+std_sales")

    counted = "select sale_line_id from standard.std_sale_lines where not is_deleted order by 1"
    assert warehouse.rows(counted) == [("a",), ("e",), ("f",)]

    # What was parked is paid for on the next day.
    warehouse.read("sales", sale("PARKED", line("b", 10, 1.5), sold="2025-03-04T01:00:00Z"),
                   tenant=ERIN, at="2025-03-09T02:00:00")  # fmt: skip
    warehouse.run("--select", "+std_sales")

    assert warehouse.rows(
        "select sale_line_id, business_date from standard.std_sale_lines"
        " where is_current and not is_deleted order by 1"
    ) == [("a", date(2025, 3, 3)), ("b", date(2025, 3, 4)), ("e", date(2025, 3, 3)),
          ("f", date(2025, 3, 3))]  # fmt: skip


def test_a_sale_of_an_outlet_nobody_knows_is_named(warehouse: WarehouseOfSource) -> None:
    warehouse.read("sales", sale("A", line("a", 10, 1.5), sold="2025-03-03T01:00:00Z",
                                 outlet_id="NOWHERE"), tenant=ERIN, at=AT)  # fmt: skip
    warehouse.run("--select", "+std_sale_lines")

    assert warehouse.rows("select currency, unreadable_fields from standard.std_sale_lines") == [
        (None, "outlet_id")
    ]


def test_sales_follow_their_outlet_when_it_is_read_late_or_corrected(
    warehouse: WarehouseOfSource,
) -> None:
    sold = "2025-03-03T16:30:00Z"
    warehouse.read("sales", sale("A", line("a", 10, 1), sold=sold, outlet_id="GEORGE"),
                   sale("B", line("b", 10, 1), sold=sold, outlet_id="NEW"),
                   tenant=ERIN, at=AT)  # fmt: skip
    warehouse.run("--select", "+std_sales")

    warehouse.read("outlets", outlet("GEORGE", "AUD", "Australia/Sydney", "AU"),
                   outlet("NEW", "AUD", "Australia/Perth", "AU"),
                   tenant=ERIN, at="2025-03-09T02:00:00")  # fmt: skip
    warehouse.run("--select", "+std_sales")

    assert warehouse.rows(
        "select sale_id, business_date, currency, unreadable_fields from standard.std_sale_lines"
        " where is_current order by all"
    ) == [("A", date(2025, 3, 4), "AUD", None), ("B", date(2025, 3, 4), "AUD", None)]
    grown = warehouse.tables("standard")
    warehouse.run("--full-refresh", "--select", "+std_sales")
    assert warehouse.tables("standard") == grown


def test_only_what_is_ordered_from_a_supplier_is_an_order(warehouse: WarehouseOfSource) -> None:
    warehouse.read(
        "consignments",
        _consignment("O1", "SUPPLIER"),
        _consignment("T1", "OUTLET"),
        _consignment("S1", "STOCKTAKE"),
        tenant=ERIN,
        at=AT,
    )
    warehouse.run("--select", "+std_orders")

    assert warehouse.rows("select order_id, supplier_id, order_type from standard.std_orders") == [
        ("O1", "MILL", "SENT")
    ]


def test_another_tenants_sales_stay_apart(tmp_path: Path, parsed: Path) -> None:
    warehouse = WarehouseOfSource("lightspeed", ERIN, ALICE, folder=tmp_path, target=parsed)
    sold = sale("SALE", line("a", 10, 1.5), sold="2025-03-03T01:00:00Z")
    for tenant, zone in ((ERIN, "Pacific/Auckland"), (ALICE, "America/New_York")):
        warehouse.read("outlets", outlet("QUEEN", "NZD", zone, "NZ"), tenant=tenant, at=AT)
        warehouse.read("sales", sold, tenant=tenant, at=AT)
    warehouse.run("--select", "+std_sale_lines")

    days = "select tenant_id, business_date from standard.std_sale_lines"
    assert dict(warehouse.rows(days)) == {
        ERIN.tenant_id: date(2025, 3, 3),
        ALICE.tenant_id: date(2025, 3, 2),
    }


def _consignment(id: str, kind: str) -> Record:
    return {
        "id": id, "type": kind, "status": "SENT", "supplier_id": "MILL", "outlet_id": "QUEEN",
        "created_at": "2025-03-01T01:00:00Z", "updated_at": "2025-03-01T01:00:00Z",
        "deleted_at": None, "version": 1,
    }  # fmt: skip


def _read_catalogue(warehouse: WarehouseOfSource) -> None:
    shirts: Record = {"id": "SHIRTS", "name": "Shirts", "deleted_at": None, "version": 1}
    shirt: Record = {
        "id": "SHIRT", "name": "Linen shirt", "variant_name": "Linen shirt / Blue",
        "product_type_id": "SHIRTS", "price_including_tax": 60, "is_active": True,
        "deleted_at": None, "version": 1,
    }  # fmt: skip
    warehouse.read("product_types", shirts, tenant=ERIN, at=AT)
    warehouse.read("products", shirt, tenant=ERIN, at=AT)
