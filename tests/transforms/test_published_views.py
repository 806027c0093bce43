"""The views that people read: their names, columns and order are a promise."""

from __future__ import annotations

from typing import Any

import pytest

VIEWS = {
    "daily_sales_summary": """
        tenant_id sale_date product_category currency total_quantity total_amount net_amount
        tax_amount discount_amount cost_amount gross_profit returned_quantity returned_amount
        order_count customer_count""",
    "customer_insights": """
        tenant_id customer_id currency total_orders total_spent first_purchase_date
        last_purchase_date customer_lifetime_days average_order_value days_since_last_purchase
        is_staff is_deleted""",
    "product_performance": """
        tenant_id product_id product_name category currency total_quantity_sold total_revenue
        net_revenue total_cost gross_profit profit_margin returned_quantity order_count
        average_unit_price revenue_rank_in_category first_sale_date last_sale_date""",
    "inventory_status": """
        snapshot_date tenant_id product_id product_name category supplier_id supplier_name
        current_stock_level quantity_on_approval average_daily_sales reorder_point stock_status
        days_of_supply stock_value currency last_restock_date""",
    "shop_performance": """
        tenant_id shop_id shop_name city country currency total_sales total_items_sold
        total_revenue net_revenue gross_profit avg_sale_value unique_customers returned_amount
        first_sale_date last_sale_date""",
    "business_dashboard": """
        report_date tenant_id currency sales_7d sales_previous_7d sales_30d sales_previous_30d
        orders_30d orders_previous_30d average_order_value_30d average_order_value_previous_30d
        active_customers_30d active_customers_previous_30d gross_profit_30d
        gross_profit_previous_30d products_to_reorder top_performing_products""",
    "daily_ticket_summary": """
        tenant_id connection_id ticket_date company_id company_name opened_count closed_count
        open_count""",
}


def test_these_views_are_published_and_no_other(manifest: dict[str, Any]) -> None:
    published = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("published")
    }

    assert published == set(VIEWS)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_its_columns_in_order(manifest: dict[str, Any], view: str) -> None:
    columns = manifest["nodes"][f"model.mercurios.{view}"]["columns"]

    assert list(columns) == VIEWS[view].split()
