"""What the pages show: figures with comparison and definition, tables, downloads, as of when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from pytest_django import Settings

from portal.pages.amounts import MINUS, NONE
from portal.pages.views import PAGES
from tests.portal.pages_cast import Cast, charts, table_rows, texts, the_cast
from tests.portal.publication_of import VIEWS, folder_of
from tests.portal.publication_rows import HOSTILE, retailer_rows


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    return the_cast(settings, tmp_path)


DAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
HEADLINE: dict[str, Any] = {
    "report_date": DAY,
    "currency": "EUR",
    "sales_7d": "1234.50",
    "sales_previous_7d": "1000.00",
    "sales_30d": "5000.00",
    "sales_previous_30d": "8000.00",
    "orders_30d": 40,
    "orders_previous_30d": 0,
    "average_order_value_30d": None,
    "average_order_value_previous_30d": "10.00",
    "active_customers_30d": 12,
    "active_customers_previous_30d": 12,
    "gross_profit_30d": "-5.00",
    "gross_profit_previous_30d": "-10.00",
    "products_to_reorder": 1,
    "top_performing_products": '[{"product_id": "1", "product_name": "Boots", "revenue": "9.50"}]',
}


def sold(on: date, amount: str, **more: Any) -> dict[str, Any]:
    zeros = dict.fromkeys(VIEWS["daily_sales_summary"], 0)
    keys = {"sale_date": on, "product_category": "Shoes", "currency": "EUR"}
    return {**zeros, **keys, "total_amount": amount, **more, "tenant_id": "t"}


def figures(page: BeautifulSoup) -> dict[str, str]:
    cards = page.select(".figure")
    return {
        card.select_one("h3").get_text(): " ".join(  # type: ignore[union-attr]
            part.get_text(" ", strip=True) for part in card.select(".value, .change, .note")
        )
        for card in cards
    }


def test_each_headline_figure_is_compared_with_the_period_before(cast: Cast) -> None:
    cast.publish({"business_dashboard": [HEADLINE], "daily_sales_summary": [sold(DAY, "1")]})

    found = figures(cast.page())

    assert found == {
        "Sales, 7 days": "€1,234.50 ▲ €234.50 (+23.5%) more than in the 7 days before",
        "Sales, 30 days": f"€5,000.00 ▼ €3,000.00 ({MINUS}37.5%) less than in the 30 days before",
        "Orders, 30 days": "40 ▲ 40 more than in the 30 days before",
        "Average order value, 30 days": f"{NONE} ● nothing to compare with in the 30 days before",
        "Active customers, 30 days": "12 ● the same as in the 30 days before",
        "Gross profit, 30 days": f"{MINUS}€5.00 ▲ €5.00 more than in the 30 days before",
        "Products to reorder": "1 of 0 products Which ones?",
    }


def test_each_figure_of_every_page_has_its_definition(cast: Cast) -> None:
    cast.publish(retailer_rows())

    for view in PAGES:
        page = cast.page(f"{view}/")
        cards = page.select(".figure")
        assert all(card.select_one("details.definition p") for card in cards), view
        assert "What " in " ".join(texts(page, ".definitions dd")), view


def test_every_chart_has_a_table_with_its_numbers(cast: Cast) -> None:
    cast.publish(retailer_rows())

    for view in PAGES:
        page = cast.page(f"{view}/")
        assert len(charts(page)) == len(page.select("figure.chart")) > 0, view
        for figure in page.select("figure.chart"):
            card = figure.find_parent("section")
            assert card is not None
            following = card.find_next("table")
            assert following is not None, view


def test_days_without_sales_are_part_of_the_chart(cast: Cast) -> None:
    rows = [sold(DAY, "30.00"), sold(DAY - timedelta(days=2), "12.50")]
    cast.publish({"business_dashboard": [HEADLINE], "daily_sales_summary": rows})

    page = cast.page("sales/", days="30")

    chart = charts(page)["daily-EUR-data"]
    assert chart["labels"] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert chart["series"][0]["values"] == [12.5, 0.0, 30.0]
    assert [row[:2] for row in table_rows(page, "Sales per day (EUR)")] == [
        ["20 Nov 2026", "30.00"],
        ["19 Nov 2026", "0.00"],
        ["18 Nov 2026", "12.50"],
    ]


def test_the_average_begins_with_the_first_whole_week(cast: Cast) -> None:
    rows = [sold(DAY - timedelta(days=back), str(back * 7)) for back in range(8)]
    cast.publish({"daily_sales_summary": rows})

    chart = charts(cast.page("sales/"))["daily-EUR-data"]

    assert chart["series"][1]["values"] == [None] * 6 + [28.0, 21.0]


@pytest.mark.parametrize(
    ("asked", "days"),
    [("30", 30), ("90", 90), ("365", 365), ("all", 540), ("", 90), ("nonsense", 90)],
)
def test_the_range_of_days_can_be_chosen(cast: Cast, asked: str, days: int) -> None:
    cast.publish(retailer_rows())

    page = cast.page("sales/", days=asked)

    # The oldest day of the rows is a Sunday or not: the calendar begins with the first sale.
    assert abs(len(charts(page)["daily-EUR-data"]["labels"]) - days) <= 1
    assert len(page.select('.ranges a[aria-current="true"]')) == 1


def test_totals_are_compared_with_as_many_days_before(cast: Cast) -> None:
    rows = [
        sold(DAY, "30.00"),
        sold(DAY - timedelta(days=29), "10.00"),
        sold(DAY - timedelta(days=30), "25.00"),
        sold(DAY - timedelta(days=59), "25.00"),
        sold(DAY - timedelta(days=60), "999.00"),
    ]
    cast.publish({"daily_sales_summary": rows})

    month = figures(cast.page("sales/", days="30"))
    everything = figures(cast.page("sales/", days="all"))

    assert month["Sales"] == "€40.00 ▼ €10.00 (\N{MINUS SIGN}20.0%) less than in the 30 days before"
    assert everything["Sales"] == "€1,089.00"


def test_categories_add_up_over_the_chosen_days_only(cast: Cast) -> None:
    rows = [
        sold(DAY, "1.10", order_count=2),
        sold(DAY - timedelta(days=1), "2.20", order_count=3),
        sold(DAY, "9.00", product_category="Bags", order_count=1),
        sold(DAY - timedelta(days=40), "5.00"),
    ]
    cast.publish({"daily_sales_summary": rows})

    found = table_rows(cast.page("sales/", days="30"), "Sales by category (EUR)")

    assert [(row[0], row[1], row[-1]) for row in found] == [
        ("Bags", "9.00", "1"),
        ("Shoes", "3.30", "5"),
    ]


def test_two_currencies_are_two_blocks_and_never_one_sum(cast: Cast) -> None:
    headlines = [HEADLINE, {**HEADLINE, "currency": "CHF", "sales_7d": "7.00"}]
    days = [sold(DAY, "10.00"), sold(DAY, "7.00", currency="CHF")]
    cast.publish({"business_dashboard": headlines, "daily_sales_summary": days})

    page = cast.page()

    assert texts(page, "h2.currency") == ["In EUR", "In CHF"]
    values = texts(page, ".figure .value")
    assert "CHF 7.00" in values
    assert "€1,234.50" in values
    assert charts(page)["daily-CHF-data"]["series"][0]["values"] == [7.0]
    assert charts(page)["daily-EUR-data"]["series"][0]["values"] == [10.0]


@pytest.mark.parametrize("view", PAGES)
def test_every_page_copes_with_two_currencies(cast: Cast, view: str) -> None:
    cast.publish(retailer_rows(currencies=("CHF", "EUR")))

    assert cast.page(f"{view}/").select("table")


def test_a_name_from_the_till_stays_text(cast: Cast) -> None:
    cast.publish(retailer_rows())

    for view in ("overview", "products"):
        html = cast.bob.get(f"/t/alster-mode/{view}/").content.decode()
        assert "<img src=x" not in html
        assert "</script><script>alert" not in html
        assert any(HOSTILE in labels["labels"] for labels in charts(cast.page(f"{view}/")).values())


def test_the_policy_of_the_pages_allows_no_inline_code_or_style(cast: Cast) -> None:
    cast.publish(retailer_rows())

    response = cast.bob.get("/t/alster-mode/")

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = BeautifulSoup(response.content, "html.parser")
    inline = [
        each for each in page.select("script:not([src])") if each["type"] != "application/json"
    ]
    assert inline == []
    assert page.select("[style], style, [onclick]") == []


def test_a_tenant_whose_till_held_nothing_gets_sentences(cast: Cast) -> None:
    cast.publish()

    said = {view: " ".join(texts(cast.page(f"{view}/"), ".empty")) for view in PAGES}

    assert said["overview"].startswith("No sales yet")
    assert said["stock"].startswith("No stock yet")
    assert said["customers"].startswith("No customers yet")
    assert all(said.values())


@pytest.mark.parametrize("view", PAGES)
def test_a_broken_publication_is_a_sentence(cast: Cast, view: str) -> None:
    publication = cast.publish(retailer_rows())
    folder = folder_of(lake=cast.lake, tenant=cast.tenant.code, publication=publication)
    (folder / "shop_performance.parquet").write_bytes(b"torn")

    page = cast.bob.get(f"/t/alster-mode/{view}/")
    download = cast.bob.get(f"/t/alster-mode/{PAGES[view][2]}.csv")

    for response in (page, download):
        assert response.status_code == 503
        assert "is not the one published" in response.content.decode()


@pytest.mark.parametrize("said", ["{", '[{"product_name": "x"}]', '[{"revenue": "a"}]', "7"])
def test_best_sellers_that_cannot_be_read_are_a_sentence(cast: Cast, said: str) -> None:
    headline = {**HEADLINE, "top_performing_products": said}
    cast.publish({"business_dashboard": [headline], "daily_sales_summary": [sold(DAY, "1")]})

    response = cast.bob.get("/t/alster-mode/")

    assert response.status_code == 503
    assert "The best-selling products cannot be read" in response.content.decode()
