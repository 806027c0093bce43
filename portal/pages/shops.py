"""Shops: what each of them sold."""

from __future__ import annotations

from typing import Any

from portal.pages.charts import bar_chart
from portal.pages.listing import Listing, Part, listed
from portal.pages.page import Page
from portal.pages.tables import Column, Kind

LISTING = Listing(
    view="shop_performance",
    key="shop_id",
    caption="Shops",
    sort="-total_revenue",
    columns=(
        Column("shop_name", "Shop"),
        Column("city", "City"),
        Column("country", "Country"),
        Column("total_revenue", "Revenue", Kind.MONEY),
        Column("net_revenue", "Net revenue", Kind.MONEY),
        Column("gross_profit", "Gross profit", Kind.MONEY),
        Column("total_sales", "Sales", Kind.QUANTITY),
        Column("avg_sale_value", "Per sale", Kind.MONEY),
        Column("total_items_sold", "Items", Kind.QUANTITY),
        Column("unique_customers", "Customers", Kind.QUANTITY),
        Column("returned_amount", "Returned", Kind.MONEY),
        Column("last_sale_date", "Last sale", Kind.DATE),
    ),
)

BEST = """
select coalesce(shop_name, shop_id) as name, total_revenue
from shop_performance
where currency = $currency
order by total_revenue desc, shop_id
"""


def shops(page: Page) -> dict[str, Any]:
    currencies = page.currencies(LISTING.view)
    return {
        "blocks": [
            _block(page, currency, "page" if len(currencies) == 1 else f"page-{currency}")
            for currency in currencies
        ]
    }


def _block(page: Page, currency: str, page_parameter: str) -> dict[str, Any]:
    rows = page.reading.rows(BEST, {"currency": currency})
    return {
        "currency": currency,
        "chart": bar_chart(
            id=f"shops-{currency}",
            title=f"Revenue by shop ({currency})",
            name="Revenue",
            bars=[(row["name"], row["total_revenue"]) for row in rows],
            currency=currency,
        ),
        "table": listed(page, LISTING, Part(currency=currency, page_parameter=page_parameter)),
    }
