"""The first page: the headline figures, the sales of every day, the best-selling products."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse

from portal.pages import amounts
from portal.pages.charts import bar_chart
from portal.pages.days import daily_sales, range_asked, range_links
from portal.pages.figures import Change, Figure, count_change, money_change
from portal.pages.page import Page
from portal.pages.tables import Cell, Heading, Table
from portal.publications.reading import RUN_AGAIN, PublicationBroken

VIEW = "business_dashboard"
BEFORE_7 = "the 7 days before"
BEFORE_30 = "the 30 days before"

# Figure, its column, the column of the period before, and that period.
MONEY = (
    ("Sales, 7 days", "sales_7d", "sales_previous_7d", BEFORE_7),
    ("Sales, 30 days", "sales_30d", "sales_previous_30d", BEFORE_30),
    (
        "Average order value, 30 days",
        "average_order_value_30d",
        "average_order_value_previous_30d",
        BEFORE_30,
    ),
    ("Gross profit, 30 days", "gross_profit_30d", "gross_profit_previous_30d", BEFORE_30),
)
COUNTS = (
    ("Orders, 30 days", "orders_30d", "orders_previous_30d"),
    ("Active customers, 30 days", "active_customers_30d", "active_customers_previous_30d"),
)


def overview(page: Page) -> dict[str, Any]:
    chosen = range_asked(page)
    if chosen is None:
        return {"blocks": []}
    return {
        "report_date": amounts.day(chosen.last),
        "ranges": range_links(page, chosen),
        "blocks": [
            _block(page, row) | _daily(page, chosen, row["currency"])
            for currency in page.currencies(VIEW)
            for row in page.reading.rows(
                "select * from business_dashboard where currency = $currency",
                {"currency": currency},
            )
        ],
    }


def _daily(page: Page, chosen: Any, currency: str) -> dict[str, Any]:
    chart, table = daily_sales(page, chosen, currency)
    return {"chart": chart, "table": table}


def _block(page: Page, row: Mapping[str, Any]) -> dict[str, Any]:
    best = _best_sellers(row)
    currency = row["currency"]
    return {
        "currency": currency,
        "figures": _figures(page, row),
        "best_chart": bar_chart(
            id=f"best-{currency}",
            title=f"Best-selling products of the last 30 days ({currency})",
            name="Sales",
            bars=best,
            currency=currency,
        ),
        "best_table": Table(
            caption="Best-selling products, 30 days",
            headings=[
                Heading("Product", "", is_number=False),
                Heading(
                    f"Sales ({currency})",
                    page.definition(VIEW, "top_performing_products"),
                    is_number=True,
                ),
            ],
            rows=[
                [Cell(name), Cell(amounts.amount(revenue), is_number=True)]
                for name, revenue in best
            ],
            empty="Nothing was sold in the last 30 days.",
        ),
    }


def _figures(page: Page, row: Mapping[str, Any]) -> list[Figure]:
    money = [_money(page, row, *which) for which in MONEY]
    counts = [_count(page, row, *which) for which in COUNTS]
    # Sales first, then orders and their value, then customers and profit.
    return [*money[:2], counts[0], money[2], counts[1], money[3], _to_reorder(page, row)]


def _money(
    page: Page, row: Mapping[str, Any], label: str, column: str, previous: str, than: str
) -> Figure:
    currency = row["currency"]
    return Figure(
        label=label,
        value=amounts.money(row[column], currency),
        definition=page.definition(VIEW, column),
        change=money_change(row[column], row[previous], currency=currency, than=than),
    )


def _count(page: Page, row: Mapping[str, Any], label: str, column: str, previous: str) -> Figure:
    change: Change = count_change(row[column], row[previous], than=BEFORE_30)
    return Figure(
        label=label,
        value=amounts.quantity(row[column]),
        definition=page.definition(VIEW, column),
        change=change,
    )


def _to_reorder(page: Page, row: Mapping[str, Any]) -> Figure:
    total = page.reading.one("select count(*) as n from inventory_status")["n"]
    address = reverse("tenant-page", args=[page.tenant.slug, "stock"])
    return Figure(
        label="Products to reorder",
        value=amounts.quantity(row["products_to_reorder"]),
        definition=page.definition(VIEW, "products_to_reorder"),
        note=f"of {amounts.quantity(total)} products",
        href=address + page.asked.href(status="REORDER", days=None),
    )


def _best_sellers(row: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    try:
        return [
            (str(each["product_name"] or each["product_id"]), Decimal(each["revenue"]))
            for each in json.loads(row["top_performing_products"] or "[]")
        ]
    except (ValueError, TypeError, KeyError, InvalidOperation) as error:
        raise PublicationBroken(f"The best-selling products cannot be read. {RUN_AGAIN}") from error
