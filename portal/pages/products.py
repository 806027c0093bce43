"""Products: the best of them as a chart, all of them as a table."""

from __future__ import annotations

from typing import Any

from portal.pages.charts import bar_chart
from portal.pages.listing import Listing, Part, listed
from portal.pages.page import Page
from portal.pages.tables import Column, Kind

LISTING = Listing(
    view="product_performance",
    key="product_id",
    caption="Products",
    sort="-total_revenue",
    search=("product_name", "product_id", "category"),
    columns=(
        Column("product_name", "Product"),
        Column("product_id", "Number"),
        Column("category", "Category"),
        Column("total_quantity_sold", "Sold", Kind.QUANTITY),
        Column("total_revenue", "Revenue", Kind.MONEY),
        Column("gross_profit", "Gross profit", Kind.MONEY),
        Column("profit_margin", "Margin", Kind.PERCENT),
        Column("average_unit_price", "Unit price", Kind.MONEY),
        Column("returned_quantity", "Returned", Kind.QUANTITY),
        Column("order_count", "Orders", Kind.QUANTITY),
        Column("last_sale_date", "Last sale", Kind.DATE),
    ),
)

BEST = """
select coalesce(product_name, product_id) as name, total_revenue
from product_performance
where currency = $currency
order by total_revenue desc, product_id
limit 10
"""


def products(page: Page) -> dict[str, Any]:
    currencies = page.currencies(LISTING.view)
    return {
        "q": page.asked.text("q"),
        "clear": page.asked.href(q=None),
        "kept": page.asked.kept("q"),
        "blocks": [
            _block(page, currency, "page" if len(currencies) == 1 else f"page-{currency}")
            for currency in currencies
        ],
    }


def _block(page: Page, currency: str, page_parameter: str) -> dict[str, Any]:
    best = page.reading.rows(BEST, {"currency": currency})
    return {
        "currency": currency,
        "chart": bar_chart(
            id=f"products-{currency}",
            title=f"The ten products with the highest revenue ({currency})",
            name="Revenue",
            bars=[(row["name"], row["total_revenue"]) for row in best],
            currency=currency,
        ),
        "table": listed(page, LISTING, Part(currency=currency, page_parameter=page_parameter)),
    }
