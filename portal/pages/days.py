"""Sales day by day: the chart with its average, its table, and the choice of the range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.pages.charts import Chart, daily_chart
from portal.pages.page import Page
from portal.pages.tables import Column, Kind, Table, cells, headings

VIEW = "daily_sales_summary"
RANGES = {"30": "30 days", "90": "90 days", "365": "365 days", "all": "All days"}
DEFAULT = "90"

AMOUNTS = (
    Column("total_amount", "Sales", Kind.MONEY),
    Column("net_amount", "Net sales", Kind.MONEY),
    Column("gross_profit", "Gross profit", Kind.MONEY),
    Column("discount_amount", "Discounts", Kind.MONEY),
    Column("returned_amount", "Returned", Kind.MONEY),
)
COLUMNS = (
    Column("sale_date", "Day", Kind.DATE),
    *AMOUNTS,
    Column("total_quantity", "Items", Kind.QUANTITY),
)

# Days without a sale are part of the picture: a shop that was shut sold nothing, not "no value".
BY_DAY = """
with sold as (
    select
        sale_date,
        sum(total_amount) as total_amount,
        sum(net_amount) as net_amount,
        sum(gross_profit) as gross_profit,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount,
        sum(total_quantity) as total_quantity
    from daily_sales_summary
    where currency = $currency
    group by sale_date
),

calendar as (
    select unnest(generate_series(min(sale_date), $last::date, interval 1 day))::date as sale_date
    from sold
),

every_day as (
    select
        calendar.sale_date,
        coalesce(sold.total_amount, 0) as total_amount,
        coalesce(sold.net_amount, 0) as net_amount,
        coalesce(sold.gross_profit, 0) as gross_profit,
        coalesce(sold.discount_amount, 0) as discount_amount,
        coalesce(sold.returned_amount, 0) as returned_amount,
        coalesce(sold.total_quantity, 0) as total_quantity
    from calendar
    left join sold on sold.sale_date = calendar.sale_date
),

averaged as (
    select
        *,
        count(*) over week as days,
        avg(total_amount) over week as average
    from every_day
    window week as (order by sale_date rows between 6 preceding and current row)
)

select * from averaged where sale_date >= $first::date order by sale_date
"""


@dataclass(frozen=True)
class Range:
    """The days asked for, up to the newest day of the tenant's data. `first` is none for all."""

    key: str
    first: date | None
    last: date

    @property
    def before(self) -> tuple[date, date] | None:
        """As many days, right before."""
        if self.first is None:
            return None
        return self.first - (self.last - self.first) - timedelta(days=1), self.first


@dataclass(frozen=True)
class RangeLink:
    label: str
    href: str
    is_chosen: bool


def range_asked(page: Page) -> Range | None:
    """None when nothing was sold yet."""
    last = page.reading.one("select max(sale_date) as last from daily_sales_summary")["last"]
    if last is None:
        return None
    key = page.asked.choice("days", RANGES, DEFAULT)
    first = None if key == "all" else last - timedelta(days=int(key) - 1)
    return Range(key=key, first=first, last=last)


def range_links(page: Page, chosen: Range) -> list[RangeLink]:
    return [
        RangeLink(label=label, href=page.asked.href(days=key), is_chosen=key == chosen.key)
        for key, label in RANGES.items()
    ]


def daily_sales(page: Page, chosen: Range, currency: str) -> tuple[Chart, Table]:
    rows = page.reading.rows(
        BY_DAY,
        {"currency": currency, "first": chosen.first or date.min, "last": chosen.last},
    )
    chart = daily_chart(
        id=f"daily-{currency}",
        title=f"Sales per day ({currency}), {RANGES[chosen.key].lower()}",
        currency=currency,
        days=[row["sale_date"] for row in rows],
        sales=[row["total_amount"] for row in rows],
        # The first days have no week behind them.
        averages=[row["average"] if row["days"] == 7 else None for row in rows],
    )
    return chart, _table(page, rows, currency)


def _table(page: Page, rows: list[dict[str, Any]], currency: str) -> Table:
    return Table(
        caption=f"Sales per day ({currency})",
        headings=headings(page, VIEW, COLUMNS, currency=currency),
        rows=[cells(COLUMNS, row) for row in reversed(rows)],
        empty="Nothing was sold in these days.",
        is_folded=True,
    )
