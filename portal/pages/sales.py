"""Sales: totals of the range against the range before, day by day, and by category."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.pages import amounts
from portal.pages.charts import bar_chart
from portal.pages.days import (
    AMOUNTS,
    RANGES,
    VIEW,
    Range,
    daily_sales,
    range_asked,
    range_links,
)
from portal.pages.figures import Figure, money_change
from portal.pages.page import Page
from portal.pages.tables import Column, Kind, Table, cells, headings

CATEGORY_COLUMNS = (
    Column("product_category", "Category"),
    *AMOUNTS,
    Column("total_quantity", "Items", Kind.QUANTITY),
    Column("order_count", "Orders", Kind.QUANTITY),
)

# A receipt belongs to one day, so its orders may be added up over days, but not over categories.
BY_CATEGORY = """
select
    product_category,
    sum(total_amount) as total_amount,
    sum(net_amount) as net_amount,
    sum(gross_profit) as gross_profit,
    sum(discount_amount) as discount_amount,
    sum(returned_amount) as returned_amount,
    sum(total_quantity) as total_quantity,
    sum(order_count) as order_count
from daily_sales_summary
where currency = $currency and sale_date >= $first::date
group by product_category
order by total_amount desc, product_category
"""

TOTALS = """
select
    coalesce(sum(total_amount), 0) as total_amount,
    coalesce(sum(net_amount), 0) as net_amount,
    coalesce(sum(gross_profit), 0) as gross_profit,
    coalesce(sum(discount_amount), 0) as discount_amount,
    coalesce(sum(returned_amount), 0) as returned_amount,
    count(*) > 0 as has_sales
from daily_sales_summary
where currency = $currency and sale_date >= $first::date and sale_date < $until::date
"""


def sales(page: Page) -> dict[str, Any]:
    chosen = range_asked(page)
    if chosen is None:
        return {"blocks": []}
    return {
        "report_date": amounts.day(chosen.last),
        "ranges": range_links(page, chosen),
        "blocks": [_block(page, chosen, currency) for currency in page.currencies(VIEW)],
    }


def _block(page: Page, chosen: Range, currency: str) -> dict[str, Any]:
    chart, table = daily_sales(page, chosen, currency)
    categories = page.reading.rows(
        BY_CATEGORY, {"currency": currency, "first": chosen.first or date.min}
    )
    return {
        "currency": currency,
        "figures": _figures(page, chosen, currency),
        "chart": chart,
        "table": table,
        "category_chart": bar_chart(
            id=f"categories-{currency}",
            title=f"Sales by category ({currency}), {RANGES[chosen.key].lower()}",
            name="Sales",
            bars=[(row["product_category"], row["total_amount"]) for row in categories],
            currency=currency,
        ),
        "category_table": Table(
            caption=f"Sales by category ({currency})",
            headings=headings(page, VIEW, CATEGORY_COLUMNS, currency=currency),
            rows=[cells(CATEGORY_COLUMNS, row) for row in categories],
            empty="Nothing was sold in these days.",
        ),
    }


def _figures(page: Page, chosen: Range, currency: str) -> list[Figure]:
    now = _totals(page, currency, chosen.first or date.min, date.max)
    before = _totals(page, currency, *chosen.before) if chosen.before else None
    figures = []
    for column in AMOUNTS:
        change = None
        if before is not None:
            change = money_change(
                now[column.name],
                before[column.name] if before["has_sales"] else None,
                currency=currency,
                than=f"the {RANGES[chosen.key]} before",
                more_is_good=column.name not in {"returned_amount", "discount_amount"},
            )
        figures.append(
            Figure(
                label=column.label,
                value=amounts.money(now[column.name], currency),
                definition=page.definition(VIEW, column.name),
                change=change,
            )
        )
    return figures


def _totals(page: Page, currency: str, first: date, until: date) -> dict[str, Any]:
    return page.reading.one(TOTALS, {"currency": currency, "first": first, "until": until})
