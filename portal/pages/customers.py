"""Customers, by number only: how spending is spread, and who buys how often."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from portal.pages import amounts
from portal.pages.charts import bar_chart
from portal.pages.figures import Figure
from portal.pages.listing import Listing, Part, listed
from portal.pages.page import Page
from portal.pages.tables import Cell, Column, Heading, Kind, Table

VIEW = "customer_insights"

LISTING = Listing(
    view=VIEW,
    key="customer_id",
    caption="Customers",
    sort="-total_spent",
    search=("customer_id",),
    columns=(
        Column("customer_id", "Customer number"),
        Column("total_orders", "Orders", Kind.QUANTITY),
        Column("total_spent", "Spent", Kind.MONEY),
        Column("average_order_value", "Per order", Kind.MONEY),
        Column("first_purchase_date", "First purchase", Kind.DATE),
        Column("last_purchase_date", "Last purchase", Kind.DATE),
        Column("days_since_last_purchase", "Days since", Kind.QUANTITY),
        Column("customer_lifetime_days", "Days a customer", Kind.QUANTITY),
    ),
)

# Lower bounds of the classes of spending. What is below the first is the class before it.
BOUNDS = (0, 50, 100, 250, 500, 1000, 2500)

# Staff buy at their own prices and often: they would pass for the best customers.
SPREAD = """
select
    list_sum(list_transform($bounds, lambda bound: (total_spent > bound)::int)) as class,
    count(*) as customers,
    sum(total_spent) as spent
from customer_insights
where currency = $currency and is_staff is not true
group by class
"""
TOTALS = """
select
    count(*) as customers,
    count(*) filter (where total_orders >= 2) as returning_customers,
    quantile_disc(total_spent, 0.5) as median_spent
from customer_insights
where currency = $currency and is_staff is not true
"""


def customers(page: Page) -> dict[str, Any]:
    currencies = page.currencies(VIEW)
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
    spread = {
        row["class"]: row
        for row in page.reading.rows(SPREAD, {"currency": currency, "bounds": list(BOUNDS)})
    }
    classes = [
        (label, spread.get(number, {"customers": 0, "spent": 0}))
        for number, label in enumerate(_labels(currency))
    ]
    part = Part(
        conditions=("is_staff is not true",), currency=currency, page_parameter=page_parameter
    )
    return {
        "currency": currency,
        "figures": _figures(page, currency),
        "chart": bar_chart(
            id=f"customers-{currency}",
            title=f"Customers by what they spent in all ({currency})",
            name="Customers",
            bars=[(label, row["customers"]) for label, row in classes],
        ),
        "spread_table": _spread_table(page, classes, currency),
        "table": listed(page, LISTING, part),
    }


def _labels(currency: str) -> list[str]:
    def whole(value: int) -> str:
        return amounts.money(value, currency).removesuffix(".00")

    between = [f"{whole(low)} to {whole(high)}" for low, high in pairwise(BOUNDS[1:])]
    return [
        "Nothing or less",
        f"Up to {whole(BOUNDS[1])}",
        *between,
        f"More than {whole(BOUNDS[-1])}",
    ]


def _figures(page: Page, currency: str) -> list[Figure]:
    row = page.reading.one(TOTALS, {"currency": currency})
    share = amounts.percent(amounts.ratio(row["returning_customers"], row["customers"]))
    return [
        Figure(
            label="Customers",
            value=amounts.quantity(row["customers"]),
            definition=page.definition(VIEW, "customer_id"),
        ),
        Figure(
            label="Bought more than once",
            value=amounts.quantity(row["returning_customers"]),
            definition=page.definition(VIEW, "total_orders"),
            note=f"{share} of all customers",
        ),
        Figure(
            label="Median spent",
            value=amounts.money(row["median_spent"], currency),
            definition=page.definition(VIEW, "total_spent"),
            note="Half of the customers spent more, half less",
        ),
    ]


def _spread_table(page: Page, classes: list[tuple[str, Any]], currency: str) -> Table:
    total = sum(row["customers"] for _, row in classes)
    return Table(
        caption="Customers by what they spent in all",
        headings=[
            Heading("Spent", page.definition(VIEW, "total_spent"), is_number=False),
            Heading("Customers", "", is_number=True),
            Heading("Share of customers", "", is_number=True),
            Heading(f"Sales ({currency})", "", is_number=True),
        ],
        rows=[
            [
                Cell(label),
                Cell(amounts.quantity(row["customers"]), is_number=True),
                Cell(amounts.percent(amounts.ratio(row["customers"], total)), is_number=True),
                Cell(amounts.amount(row["spent"]), is_number=True),
            ]
            for label, row in classes
        ],
    )
