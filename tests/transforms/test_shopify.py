"""What a shop at Shopify sold, from its ledger as it is sent to figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.builds import ALICE, CHARLIE, BuildFailed
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

LINES = """
    select sale_line_id, sale_id, quantity, amount, tax_amount, discount_amount, currency
    from standard.std_sale_lines where is_current and not is_deleted order by sale_line_id
"""


def sale(id: str, total: str, tax: str, *, currency: str = "EUR", **said: Any) -> Record:
    return {
        "id": id, "actionType": "ORDER", "lineType": "PRODUCT", "quantity": 1,
        "totalAmount": {"shopMoney": {"amount": total, "currencyCode": currency}},
        "totalTaxAmount": {"shopMoney": {"amount": tax}},
        "totalDiscountAmountBeforeTaxes": {"shopMoney": {"amount": "0.0"}},
        "lineItem": {
            "id": "L1", "name": "Linen shirt - Small", "sku": "LIN-S", "variant": {"id": "V-S"},
        },
    } | said  # fmt: skip


def discounted(by: str) -> Record:
    return {"totalDiscountAmountBeforeTaxes": {"shopMoney": {"amount": by}}}


def agreement(id: str, happened: str, *sales: Record, more: bool = False) -> Record:
    return {
        "id": id, "happenedAt": happened, "reason": "ORDER",
        "sales": {"pageInfo": {"hasNextPage": more}, "nodes": list(sales)},
    }  # fmt: skip


def order(id: str, *agreements: Record, updated: str, **said: Any) -> Record:
    return {
        "id": id, "name": f"#{id}", "test": False, "updatedAt": updated, "customer": None,
        "retailLocation": None, "shop_id": "SHOP", "shop_timezone": "Europe/Berlin",
        "agreements": {"pageInfo": {"hasNextPage": False}, "nodes": list(agreements)},
    } | said  # fmt: skip


def variant(id: str, title: str, **said: Any) -> Record:
    return {
        "id": id, "title": title, "sku": "LIN-S", "price": "59.00", "compareAtPrice": None,
        "shop_currency": "EUR", "inventoryItem": {"unitCost": {"amount": "21.5"}},
        "product": {
            "id": "P1", "title": "Linen shirt", "productType": "Shirts", "status": "ACTIVE",
        },
    } | said  # fmt: skip


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps the project as it parsed it for a tenant of Shopify."""
    return tmp_path_factory.mktemp("shopify")


@pytest.fixture
def warehouse(tmp_path: Path, parsed: Path) -> WarehouseOfSource:
    return WarehouseOfSource("shopify", ALICE, CHARLIE, folder=tmp_path, target=parsed)


def test_sales_returns_discounts_and_taxes_add_up(warehouse: WarehouseOfSource) -> None:
    _read_shop(warehouse)
    # Two shirts at 59.00 less a tenth, 19 % tax in the price, and shipping.
    placed = agreement(
        "A1",
        "2025-03-03T09:15:42Z",
        sale("S1", "106.2", "16.96", quantity=2, **discounted("11.8")),
        sale("S2", "4.9", "0.78", lineType="SHIPPING", lineItem=None),
    )
    # One comes back four days later, and three euros of it are kept.
    refunded = agreement(
        "A2",
        "2025-03-07T15:00:01Z",
        sale("S3", "-53.1", "-8.48", quantity=-1, actionType="RETURN", **discounted("-5.9")),
        sale("S4", "3.0", "0.48", lineType="ADJUSTMENT", quantity=None, lineItem=None),
    )
    at_the_store = agreement("A3", "2025-03-07T10:00:00Z", sale("S5", "59.0", "9.42"))

    warehouse.read("orders", order("1001", placed, updated="2025-03-03T09:15:43Z"),
                   at="2025-03-04T02:00:00")  # fmt: skip
    warehouse.run()
    warehouse.read(
        "orders",
        order("1001", placed, refunded, updated="2025-03-07T15:00:05Z"),
        order("1002", at_the_store, updated="2025-03-07T10:00:01Z",
              retailLocation={"id": "STORE"}, customer={"id": "C1"}),
        at="2025-03-08T02:00:00",
    )  # fmt: skip
    warehouse.build()

    assert warehouse.rows(LINES) == [
        ("S1", "A1", 2, Decimal("106.20"), Decimal("16.96"), Decimal("11.80"), "EUR"),
        ("S3", "A2", -1, Decimal("-53.10"), Decimal("-8.48"), Decimal("-5.90"), "EUR"),
        ("S4", "A2", 0, Decimal("3.00"), Decimal("0.48"), Decimal("0.00"), "EUR"),
        ("S5", "A3", 1, Decimal("59.00"), Decimal("9.42"), Decimal("0.00"), "EUR"),
    ]
    # 106.20 - 16.96 = 89.24 net; -53.10 + 3.00 + 59.00 = 8.90 with -8.48 + 0.48 + 9.42 = 1.42 tax
    assert warehouse.rows(
        "select sale_date, sum(total_amount), sum(net_amount), sum(tax_amount)"
        " from analytics.daily_sales_summary group by sale_date order by sale_date"
    ) == [
        (date(2025, 3, 3), Decimal("106.20"), Decimal("89.24"), Decimal("16.96")),
        (date(2025, 3, 7), Decimal("8.90"), Decimal("7.48"), Decimal("1.42")),
    ]
    assert warehouse.rows(
        "select shop_name, shop_id, sum(gross_amount) from analytics.fct_sale_lines"
        " inner join analytics.dim_shops using (tenant_id, shop_id) group by all order by all"
    ) == [("Alice Mode", "SHOP", Decimal("56.10")), ("Alice am Markt", "STORE", Decimal("59.00"))]
    assert warehouse.rows(
        "select distinct product_name, product_category from analytics.fct_sale_lines order by all"
    ) == [("ADJUSTMENT", "Unknown"), ("Linen shirt Small", "Shirts")]


def test_shops_of_two_currencies_are_never_added(warehouse: WarehouseOfSource) -> None:
    in_euros = agreement("A1", "2025-03-03T09:00:00Z", sale("S1", "119.0", "19.0"))
    in_francs = agreement("A9", "2025-03-03T09:00:00Z", sale("S9", "108.1", "8.1", currency="CHF"))

    for connection, placed in (("main", in_euros), ("swiss", in_francs)):
        told = order("1001", placed, updated="2025-03-03T09:00:00Z")
        warehouse.read("orders", told, connection=connection, at="2025-03-04T02:00:00")
    warehouse.run("--select", "+daily_sales_summary")

    assert warehouse.rows(
        "select currency, sum(total_amount), sum(net_amount)"
        " from analytics.daily_sales_summary group by currency order by currency"
    ) == [
        ("CHF", Decimal("108.10"), Decimal("100.00")),
        ("EUR", Decimal("119.00"), Decimal("100.00")),
    ]


def test_a_return_that_is_told_without_a_sign_is_still_one(warehouse: WarehouseOfSource) -> None:
    unsigned = agreement(
        "A1", "2025-03-03T23:30:00Z", sale("S1", "53.1", "8.48", actionType="RETURN")
    )

    warehouse.read("orders", order("1", unsigned, updated="2025-03-03T23:30:00Z"),
                   at="2025-03-04T02:00:00")  # fmt: skip
    warehouse.run("--select", "+std_sale_lines")

    # Half past midnight in Berlin.
    assert warehouse.rows(
        "select business_date, quantity, amount, tax_amount from standard.std_sale_lines"
    ) == [(date(2025, 3, 4), Decimal(-1), Decimal("-53.10"), Decimal("-8.48"))]


def test_a_test_order_does_not_count(warehouse: WarehouseOfSource) -> None:
    placed = agreement("A1", "2025-03-03T09:00:00Z", sale("S1", "59.0", "9.42"))

    warehouse.read("orders", order("1", placed, updated="2025-03-03T09:00:00Z", test=True),
                   at="2025-03-04T02:00:00")  # fmt: skip
    warehouse.run("--select", "+std_sale_lines")

    assert warehouse.rows("select is_deleted from standard.std_sale_lines") == [(True,)]


def test_an_order_that_was_not_read_whole_holds_the_build_back(
    warehouse: WarehouseOfSource,
) -> None:
    endless = agreement("A1", "2025-03-03T09:00:00Z", sale("S1", "59.0", "9.42"), more=True)
    only_lines = ("--select", "+std_sale_lines", "--indirect-selection", "cautious")

    warehouse.read("orders", order("1", endless, updated="2025-03-03T09:00:00Z"),
                   at="2025-03-04T02:00:00")  # fmt: skip

    with pytest.raises(BuildFailed, match="nothing_is_unreadable_std_sale_lines"):
        warehouse.build(*only_lines)


def test_a_new_name_of_a_product_is_a_version_of_its_variants(
    warehouse: WarehouseOfSource,
) -> None:
    renamed: Record = {"product": {"id": "P1", "title": "Flax shirt", "productType": "Tops"}}

    warehouse.read("variants", variant("V-S", "Small"), at="2025-03-03T22:00:00")
    warehouse.run("--select", "+dim_products")
    warehouse.read("variants", variant("V-S", "Small", **renamed), at="2025-03-04T22:00:00")
    warehouse.run("--select", "+dim_products")

    query = """
        select version, product_name, category_id, purchase_price
        from standard.std_products order by version
    """
    grown = warehouse.rows(query)
    assert grown == [
        (1, "Linen shirt Small", "Shirts", Decimal("21.50")),
        (2, "Flax shirt Small", "Tops", Decimal("21.50")),
    ]
    warehouse.run("--full-refresh", "--select", "+dim_products")
    assert warehouse.rows(query) == grown


def test_another_tenants_orders_stay_apart(warehouse: WarehouseOfSource) -> None:
    placed = agreement("A1", "2025-03-03T09:00:00Z", sale("S1", "59.0", "9.42"))
    told = order("1", placed, updated="2025-03-03T09:00:00Z")

    warehouse.read("orders", told, tenant=ALICE, at="2025-03-03T22:00:00")
    warehouse.read("orders", told, tenant=CHARLIE, at="2025-03-03T22:00:00")
    warehouse.run("--select", "+std_sales")

    keys = warehouse.rows("select tenant_id, sale_key from standard.std_sales")
    assert len(keys) == len({key for _, key in keys}) == 2


def _read_shop(warehouse: WarehouseOfSource) -> None:
    at = "2025-03-03T01:00:00"
    store: Record = {
        "id": "STORE", "name": "Alice am Markt", "isActive": True,
        "address": {"city": "Ulm", "zip": "89073", "countryCode": "DE"},
    }  # fmt: skip
    online: Record = {
        "id": "SHOP", "name": "Alice Mode", "ianaTimezone": "Europe/Berlin",
        "currencyCode": "EUR", "billingAddress": {"city": "Ulm", "countryCodeV2": "DE"},
    }  # fmt: skip
    warehouse.read("shop", online, at=at)
    warehouse.read("locations", store, at=at)
    warehouse.read("variants", variant("V-S", "Small"), at=at)
    warehouse.read("customers", {"id": "C1", "updatedAt": "2025-03-01T08:00:00Z"}, at=at)
