"""Stock: how many products are to be reordered, and which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.pages import amounts
from portal.pages.charts import bar_chart
from portal.pages.listing import Listing, Part, listed
from portal.pages.page import Page
from portal.pages.tables import Cell, Column, Heading, Kind, Table, status_label

VIEW = "inventory_status"
STATUSES = ("REORDER", "WARNING", "OK")

LISTING = Listing(
    view=VIEW,
    key="product_id",
    caption="Stock by product",
    # The products that last the shortest come first.
    sort="days_of_supply",
    search=("product_name", "product_id", "category", "supplier_name"),
    columns=(
        Column("product_name", "Product"),
        Column("product_id", "Number"),
        Column("category", "Category"),
        Column("supplier_name", "Supplier"),
        Column("stock_status", "Status", Kind.STATUS),
        Column("current_stock_level", "On hand", Kind.QUANTITY),
        Column("quantity_on_approval", "On approval", Kind.QUANTITY),
        Column("reorder_point", "Reorder at", Kind.QUANTITY),
        Column("average_daily_sales", "Sold per day", Kind.QUANTITY, places=2),
        Column("days_of_supply", "Days left", Kind.QUANTITY, places=1),
        Column("last_restock_date", "Last delivery", Kind.DATE),
    ),
)

BY_STATUS = """
select stock_status, count(*) as products, sum(current_stock_level) as quantity
from inventory_status
group by stock_status
"""
VALUES = """
select stock_status, currency, sum(stock_value) as stock_value
from inventory_status
where currency is not null
group by stock_status, currency
"""


def stock(page: Page) -> dict[str, Any]:
    status = page.asked.choice("status", STATUSES, "")
    part = Part()
    if status:
        part = Part(conditions=("stock_status = $status",), parameters={"status": status})
    currencies = page.currencies(VIEW)
    snapshot = page.reading.one("select max(snapshot_date) as day from inventory_status")["day"]
    return {
        "q": page.asked.text("q"),
        "clear": page.asked.href(q=None, status=None),
        "kept": page.asked.kept("q", "status"),
        "status": status,
        "statuses": [(each, status_label(each)) for each in STATUSES],
        "snapshot_date": amounts.day(snapshot),
        "has_stock": snapshot is not None,
        **_by_status(page, currencies),
        "table": listed(page, _listing(currencies), part),
    }


def _listing(currencies: list[str]) -> Listing:
    """With one currency the heading names it, with several each row does."""
    one = f" ({currencies[0]})" if len(currencies) == 1 else ""
    columns = [*LISTING.columns, Column("stock_value", f"Value{one}", Kind.MONEY)]
    if len(currencies) > 1:
        columns.append(Column("currency", "Currency"))
    return replace(LISTING, columns=tuple(columns))


def _by_status(page: Page, currencies: list[str]) -> dict[str, Any]:
    counted = {row["stock_status"]: row for row in page.reading.rows(BY_STATUS)}
    values = {
        (row["stock_status"], row["currency"]): row["stock_value"]
        for row in page.reading.rows(VALUES)
    }
    statuses = [*STATUSES, *sorted(counted.keys() - set(STATUSES))]
    none = {"products": 0, "quantity": 0}
    return {
        "chart": bar_chart(
            id="stock",
            title="Products by stock status",
            name="Products",
            bars=[(status_label(each), counted.get(each, none)["products"]) for each in statuses],
            statuses=[each.lower() for each in statuses],
        ),
        "status_table": Table(
            caption="Products by stock status",
            headings=[
                Heading("Status", page.definition(VIEW, "stock_status"), is_number=False),
                Heading("Products", "", is_number=True),
                Heading("On hand", page.definition(VIEW, "current_stock_level"), is_number=True),
                *(
                    Heading(f"Value ({each})", page.definition(VIEW, "stock_value"), is_number=True)
                    for each in currencies
                ),
            ],
            rows=[
                [
                    Cell(status_label(each), status=each.lower()),
                    Cell(amounts.quantity(counted.get(each, none)["products"]), is_number=True),
                    Cell(amounts.quantity(counted.get(each, none)["quantity"]), is_number=True),
                    *(
                        Cell(amounts.amount(values.get((each, currency), 0)), is_number=True)
                        for currency in currencies
                    ),
                ]
                for each in statuses
            ],
        ),
    }
