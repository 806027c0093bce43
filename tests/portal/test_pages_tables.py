"""The tables of the pages: sorted, searched, paged, filtered, downloaded, as of when."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.portal.pages_cast import Cast, charts, table_rows, texts, the_cast
from tests.portal.publication_of import VIEWS
from tests.portal.publication_rows import retailer_rows

DAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    return the_cast(settings, tmp_path)


def product(number: int, **more: Any) -> dict[str, Any]:
    keys = {"product_id": f"{number:04}", "product_name": f"Boot {number:04}", "currency": "EUR"}
    return {**keys, "category": "Shoes", "total_revenue": str(number), **more}


def test_products_are_paged_without_gap_or_repetition(cast: Cast) -> None:
    # All revenues are equal: only the number can keep the order.
    cast.publish({"product_performance": [product(n, total_revenue="5") for n in range(120)]})

    pages = [cast.page("products/", page=str(number)) for number in (1, 2, 3)]

    numbers = [row[1] for page in pages for row in table_rows(page, "Products")]
    assert numbers == [f"{n:04}" for n in range(120)]
    assert texts(pages[0], ".pager span")[-1] == "Page 1 of 3, 120 rows"


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({}, "0059"),
        ({"sort": "total_revenue"}, "0001"),
        ({"sort": "product_name"}, "0000"),
        ({"sort": "-product_name"}, "0060"),
        ({"sort": "1; drop view product_performance"}, "0059"),
        ({"sort": "tenant_id"}, "0059"),
    ],
)
def test_products_are_sorted_by_the_address(cast: Cast, asked: dict[str, str], first: str) -> None:
    rows = [product(n) for n in range(60)]
    # One that was never sold comes last whichever way revenue is sorted.
    rows += [product(60, total_revenue=None)]
    rows[0]["total_revenue"] = None
    cast.publish({"product_performance": rows})

    assert table_rows(cast.page("products/", **asked), "Products")[0][1] == first


def test_a_sorted_heading_turns_around_and_keeps_the_search(cast: Cast) -> None:
    cast.publish({"product_performance": [product(n) for n in range(3)]})

    page = cast.page("products/", q="boot", sort="-total_revenue", page="7")

    [heading] = page.select('th[aria-sort="descending"]')
    link = heading.select_one("a")
    assert link is not None
    assert link["href"] == "?q=boot&sort=total_revenue"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("BOOT 0001", ["0001"]),
        ("0002", ["0002"]),
        ("shoes", ["0002", "0001", "0000"]),
        ("%", []),
        ("' or 1=1 --", []),
    ],
)
def test_products_are_searched_by_name_number_and_category(
    cast: Cast, words: str, found: list[str]
) -> None:
    cast.publish({"product_performance": [product(n) for n in range(3)]})

    rows = table_rows(cast.page("products/", q=words), "Products")

    assert [row[1] for row in rows if len(row) > 1] == found


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1e9", "²", "99999999999999999999"])
def test_a_page_that_does_not_exist_is_the_nearest_one(cast: Cast, page: str) -> None:
    cast.publish({"product_performance": [product(1)]})

    assert len(table_rows(cast.page("products/", page=page), "Products")) == 1


def test_stock_is_counted_and_filtered_by_status(cast: Cast) -> None:
    statuses = ("REORDER", "REORDER", "OK")
    rows = [
        {
            "snapshot_date": DAY,
            "product_id": str(number),
            "product_name": f"Boot {number}",
            "stock_status": status,
            "current_stock_level": "2.000",
            "stock_value": "10.50",
            "currency": "EUR",
        }
        for number, status in enumerate(statuses)
    ]
    cast.publish({"inventory_status": rows})

    everything = cast.page("stock/")
    reorder = cast.page("stock/", status="REORDER")

    assert table_rows(everything, "Products by stock status") == [
        ["Reorder", "2", "4", "21.00"],
        ["Warning", "0", "0", "0.00"],
        ["OK", "1", "2", "10.50"],
    ]
    assert charts(everything)["stock-data"]["series"][0]["values"] == [2.0, 0.0, 1.0]
    assert len(table_rows(everything, "Stock by product")) == 3
    assert [row[1] for row in table_rows(reorder, "Stock by product")] == ["0", "1"]


def test_customers_are_spread_over_classes_without_the_staff(cast: Cast) -> None:
    spent = {"1": "-5.00", "2": "50.00", "3": "50.01", "4": "3000.00"}
    rows = [
        {"customer_id": number, "currency": "EUR", "total_spent": amount, "total_orders": 1}
        for number, amount in spent.items()
    ]
    staff = {**rows[-1], "customer_id": "99", "is_staff": True}
    cast.publish({"customer_insights": [*rows, staff]})

    page = cast.page("customers/")

    found = {row[0]: row[1:] for row in table_rows(page, "Customers by what they spent in all")}
    assert found["Nothing or less"] == ["1", "25.0%", "\N{MINUS SIGN}5.00"]
    assert found["Up to €50"] == ["1", "25.0%", "50.00"]
    assert found["€50 to €100"] == ["1", "25.0%", "50.01"]
    assert found["More than €2,500"] == ["1", "25.0%", "3,000.00"]
    assert len(table_rows(page, "Customers")) == 4


@pytest.mark.parametrize("view", VIEWS)
def test_each_published_view_can_be_downloaded(cast: Cast, view: str) -> None:
    rows = retailer_rows()
    publication = cast.publish(rows)

    response = cast.bob.get(f"/t/alster-mode/{view}.csv")

    text = response.getvalue().decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(found[0]) == list(VIEWS[view])
    assert len(found) == len(rows[view])
    assert f'filename="alster-mode_{view}_{publication}.csv"' in response["Content-Disposition"]


def test_a_download_keeps_amounts_exact_and_formulas_harmless(cast: Cast) -> None:
    cast.publish({"product_performance": [product(1, product_name="=1+1", total_revenue="-0.10")]})

    response = cast.bob.get("/t/alster-mode/product_performance.csv")

    text = response.getvalue().decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["product_name"], row["total_revenue"]) == ("'=1+1", "-0.10")


def test_an_earlier_publication_can_be_chosen_and_is_said_to_be_earlier(cast: Cast) -> None:
    first = cast.publish({"product_performance": [product(1)]}, at=MORNING)
    cast.publish({"product_performance": [product(2)]}, at=MORNING + timedelta(days=1))

    now = cast.page("products/")
    then = cast.page("products/", publication=first)

    assert [row[1] for row in table_rows(now, "Products")] == ["0002"]
    assert [row[1] for row in table_rows(then, "Products")] == ["0001"]
    assert texts(now, "#publication option") == [
        "22 Nov 2026, 06:00 (newest)",
        "21 Nov 2026, 06:00",
    ]
    assert "You are looking at an earlier publication" in " ".join(texts(then, ".notice"))
    assert texts(then, "option[selected]") == ["21 Nov 2026, 06:00"]
    links = [str(each["href"]) for each in then.select(".tabs a, .download a")]
    assert all(link.endswith(f"?publication={first}") for link in links)
