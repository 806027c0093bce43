"""Published numbers through the API: chosen, exact, kept by their tag, and safe to open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import Settings

from tests.portal.api_cast import NOW, World, the_world
from tests.portal.publication_of import folder_of, publish

FORMULA = "=cmd|'/c calc'!A1"


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        world.publish()
        yield world


def sales(world: World, query: str = "", **headers: str) -> Any:
    path = f"{world.alster.root}/publications/current/daily_sales_summary"
    return world.ask("GET", f"{path}?{query}", **headers)


def days(world: World, query: str) -> list[str]:
    answer = sales(world, query)
    assert answer.status_code == 200, answer.content
    return [each["sale_date"][-2:] for each in answer.json()["results"]]


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_publications_are_listed_newest_first(world: World, tmp_path: Path) -> None:
    newer = publish(lake=tmp_path, tenant=world.alster.tenant.code, at=NOW + timedelta(days=1))

    answer = world.ask("GET", f"{world.alster.root}/publications").json()

    assert answer["results"] == [
        {"publication": newer, "is_current": True},
        {"publication": world.alster.publication, "is_current": False},
    ]


def test_a_tenant_without_a_publication_has_an_empty_list(world: World) -> None:
    world.ask("POST", "/api/v1/tenants", {"slug": "neu", "name": "Neu"}, key=world.operator)

    answer = world.ask("GET", "/api/v1/tenants/neu/publications", key=world.operator)

    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_a_publication_says_what_its_columns_mean(world: World) -> None:
    answer = world.ask("GET", f"{world.alster.root}/publications/current").json()

    assert answer["publication"] == world.alster.publication
    view = next(each for each in answer["views"] if each["name"] == "daily_sales_summary")
    assert view["rows"] == 4
    assert view["columns"][1] == {
        "name": "sale_date",
        "type": "DATE",
        "description": "What sale_date of daily_sales_summary means.",
    }


def test_an_earlier_publication_can_still_be_read(world: World, tmp_path: Path) -> None:
    publish(lake=tmp_path, tenant=world.alster.tenant.code, at=NOW + timedelta(days=1))
    path = f"{world.alster.root}/publications/{world.alster.publication}/daily_sales_summary"

    answer = world.ask("GET", path).json()

    assert (answer["publication"], answer["total"]) == (world.alster.publication, 4)


def test_decimals_keep_their_digits_and_dates_are_iso(world: World) -> None:
    row = sales(world, "sale_date=2026-11-20").json()["results"][0]

    assert (row["total_amount"], row["sale_date"]) == ("0.10", "2026-11-20")
    assert (row["order_count"], row["net_amount"]) == (1, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("product_category=Shoes", ["18", "20"]),
        ("total_amount=0.1", ["20"]),
        ("total_amount__gte=80", ["18", "19"]),
        ("total_amount__lte=-5.00", ["18"]),
        ("sale_date__gte=2026-11-19&sale_date__lte=2026-11-19", ["19"]),
        ("sale_date__in=2026-11-19,2026-11-20", ["19", "20"]),
        ("product_category__in=Shoes,%22Bags,%20big%22", ["18", "19", "20"]),
        ("product_category=x'%20or%201=1%20--", []),
        ("order_by=-sale_date", ["20", "19", "18", "18"]),
        ("order_by=total_amount&order_count__lte=2", ["18", "20", "19"]),
        ("order_by=-total_amount&page=2&page_size=1", ["19"]),
        ("page=9", []),
    ],
)
def test_rows_are_chosen_and_ordered(world: World, query: str, expected: list[str]) -> None:
    assert days(world, query) == expected


def test_only_the_wanted_columns_are_shown_in_their_order(world: World) -> None:
    answer = sales(world, "fields=total_amount,sale_date&page_size=1").json()

    assert list(answer["results"][0]) == ["total_amount", "sale_date"]
    assert (answer["total"], answer["page_size"]) == (4, 1)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("nothing", "nothing=1"),
        ("nothing__gte", "nothing__gte=1"),
        ("sale_date__like", "sale_date__like=1"),
        ("fields", "fields=sale_date,nothing"),
        ("order_by", 'order_by=sale_date"; drop table x; --'),
        ("total_amount", "total_amount=1e5"),
        ("total_amount", "total_amount=NaN"),
        ("total_amount", "total_amount=99999999999999999999"),
        ("order_count", "order_count=99999999999999999999"),
        ("order_count", "order_count=1.5"),
        ("sale_date", "sale_date=2026-13-01"),
        ("sale_date", "sale_date=20261101"),
        ("sale_date__in", "sale_date__in=2026-11-19,"),
        ("product_category", "product_category=%00"),
        ("product_category__in", "product_category__in=%22open"),
        ("product_category", "product_category=a&product_category=b"),
        ("page_size", "page_size=1001"),
        ("page", "page=0"),
        ("format", "format=xml"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    world: World, field: str, query: str
) -> None:
    answer = sales(world, quote(query, safe="=&%"))

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize(("query", "accept"), [("format=csv", "*/*"), ("", "text/csv")])
def test_csv_has_all_rows_with_numbers_untouched(world: World, query: str, accept: str) -> None:
    answer = sales(world, query, Accept=accept)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="daily_sales_summary.csv"' in answer.headers["Content-Disposition"]
    rows = table(answer)
    assert len(rows) == 4
    assert {"-5.00", "120.50"} <= {row["total_amount"] for row in rows}


def test_csv_disarms_what_a_spreadsheet_would_run(world: World) -> None:
    [row] = table(sales(world, "format=csv&order_count=1&total_amount__lte=0"))

    assert (row["product_category"], row["total_amount"]) == (f"'{FORMULA}", "-5.00")


def test_csv_is_paged_when_asked(world: World) -> None:
    rows = table(sales(world, "format=csv&order_by=-sale_date&page=2&page_size=1"))

    assert [row["sale_date"] for row in rows] == ["2026-11-19"]


def test_a_problem_is_json_whatever_was_wanted(world: World) -> None:
    answer = sales(world, "nothing=1", Accept="text/csv")

    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_is_known_already_is_not_sent_again(world: World) -> None:
    first = sales(world, "order_by=sale_date")

    again = sales(world, "order_by=sale_date", If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert "private" in first.headers["Cache-Control"]
    assert {"Authorization", "Accept"} <= set(first.headers["Vary"].split(", "))


def test_another_question_has_another_tag(world: World) -> None:
    queries = (
        "",
        "page=2",
        "fields=sale_date",
        "order_by=-sale_date",
        "order_count=1",
        "format=csv",
    )

    tags = set()
    for query in queries:
        answer = sales(world, query)
        tags.add(answer.headers["ETag"])
        answer.getvalue()  # what is streamed ends with its last byte

    assert len(tags) == len(queries)


def test_a_new_publication_has_another_tag(world: World, tmp_path: Path) -> None:
    before = sales(world).headers["ETag"]

    publish(lake=tmp_path, tenant=world.alster.tenant.code, at=NOW + timedelta(days=1))

    assert sales(world, If_None_Match=before).status_code == 200


@pytest.mark.parametrize(
    "path", ["current/nothing", "20200101T000000Z-00000000/daily_sales_summary", "x/y", "..%2f/x"]
)
def test_what_was_not_published_is_not_there(world: World, path: str) -> None:
    assert world.ask("GET", f"{world.alster.root}/publications/{path}").status_code == 404


def test_another_tenants_publication_is_not_there(world: World) -> None:
    theirs = world.barmbek.publication
    made_up = f"{theirs[:-8]}00000000"

    found, fabricated = (
        world.ask("GET", f"{world.alster.root}/publications/{name}/daily_sales_summary")
        for name in (theirs, made_up)
    )

    assert (found.status_code, found.content) == (404, fabricated.content)


def test_a_torn_file_is_not_shown_as_numbers(world: World, tmp_path: Path) -> None:
    folder = folder_of(
        lake=tmp_path, tenant=world.alster.tenant.code, publication=world.alster.publication
    )
    path = folder / "daily_sales_summary.parquet"
    path.write_bytes(path.read_bytes()[:-1])

    answer = sales(world)

    assert answer.status_code == 503
    assert str(tmp_path) not in answer.content.decode()
