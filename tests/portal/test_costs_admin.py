"""The pages of costs: their figures are the sums of the ledger, and they are for staff alone."""

from __future__ import annotations

import csv
import io
import time as clock
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from portal.costs.models import NANOS, Budget, JournalLine, Kind, LedgerDay, LedgerLine, TenantPrice
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.ledger_cast import (
    Part,
    at,
    correction,
    detail_files,
    ledger_day,
    of_nobody,
    of_platform,
)

ROOT = "/admin/costs/"
DAY = date(2026, 11, 20)
PAGES = (
    "",
    f"days/{DAY}/",
    "details/queries/",
    "details/runs/",
    "details/models/",
    "details/connections/",
    "unattributed/",
    f"report/{DAY}/",
    "budgets/",
    "ledgerday/",
    "tenantprice/",
    "budgetevent/",
)

pytestmark = [
    pytest.mark.usefixtures("every_tenant", "db"),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture(autouse=True)
def lake(settings: Settings, tmp_path: Path) -> Path:
    settings.LAKE = str(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def page(client: Client, path: str = "") -> BeautifulSoup:
    answer = client.get(ROOT + path)
    assert answer.status_code == 200, answer
    return BeautifulSoup(answer.content, "html.parser")


def rows_of(soup: BeautifulSoup, title: str) -> list[list[str]]:
    table = soup.select_one(f'[aria-label="{title}"]')
    assert table is not None, title
    return [
        [cell.get_text(strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")
    ][1:]


def file_of(client: Client, path: str) -> list[list[str]]:
    answer = client.get(ROOT + path)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it streams
    return list(csv.reader(io.StringIO(text)))


def a_day(retailer: Tenant, **more: Any) -> LedgerDay:
    parts = [
        Part(retailer, Kind.DIRECT, "2.000000001"),
        Part(retailer, Kind.IDLE, "1.5", is_inferred=True),
        of_platform(Part(None, Kind.DIRECT, "0.5")),
        of_nobody(Part(None, Kind.DIRECT, "1", is_estimated=True)),
    ]
    return ledger_day(DAY, parts, **more)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_for_staff_also_without_a_ledger(staff: Client, path: str) -> None:
    wanted = 404 if path.startswith("days/") else 200

    answer = staff.get(ROOT + path)

    assert answer.status_code == wanted


@pytest.mark.parametrize("path", [*PAGES[:9], "tenants/alsterhaus-mode/", "budgets/lift/"])
def test_a_member_of_a_tenant_is_refused(charlie: User, retailer: Tenant, path: str) -> None:
    a_day(retailer)
    client = Client()
    client.force_login(charlie)

    answers = [client.get(ROOT + path), client.get(f"{ROOT}{path}?csv=days")]

    assert {each.status_code for each in answers} == {403}


@pytest.mark.parametrize("path", [*PAGES[:9], "tenants/alsterhaus-mode/", "budgets/lift/"])
def test_staff_without_the_right_are_refused(retailer: Tenant, path: str) -> None:
    a_day(retailer)
    stella = User.objects.create_user("stella", password="stella", is_staff=True)
    stella.user_permissions.set(Permission.objects.filter(codename="view_tenant"))
    client = Client()
    client.force_login(stella)

    answer = client.get(ROOT + path)

    assert answer.status_code == 403


def test_strangers_are_asked_who_they_are(retailer: Tenant) -> None:
    a_day(retailer)

    answer = Client().get(ROOT)

    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={ROOT}")


def test_whoever_may_only_look_sees_no_budget(retailer: Tenant) -> None:
    looker = User.objects.create_user("lisa", password="lisa", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_ledgerday"))
    client = Client()
    client.force_login(looker)

    answers = [client.get(ROOT + path).status_code for path in ("", "budgets/", "budgets/lift/")]

    assert answers == [200, 403, 403]


def test_the_overview_adds_up_to_the_last_digit(staff: Client, retailer: Tenant) -> None:
    a_day(retailer)

    rows = file_of(staff, "?csv=tenants")

    whole = sum(each.amount_nanos for each in LedgerLine.objects.all())
    assert rows[0][:4] == ["tenant", "cost", "direct", "idle"]
    assert sum(Decimal(row[1]) * NANOS for row in rows[1:]) == whole == 15_000_000_003
    assert rows[1][:4] == ["alsterhaus-mode", "10.500000003", "6.000000003", "4.500000000"]


def test_the_overview_says_that_bill_and_lines_agree_and_what_is_not_certain(
    staff: Client, retailer: Tenant
) -> None:
    a_day(retailer, is_billed=False)

    text = page(staff).get_text(" ", strip=True)

    assert "Bill and lines 0 difference" in text
    assert "20.0 % of the cost at the configured prices" in text
    assert "30.0 % of the cost told by how long queries ran" in text
    assert "1 day what has been metered so far" in text


def test_a_bill_that_the_lines_do_not_sum_to_is_shown(staff: Client, retailer: Tenant) -> None:
    ledger = a_day(retailer)
    ledger.bill.update(amount_nanos=15_000_000_004)

    text = page(staff).get_text(" ", strip=True)

    assert "0.000000001 The lines do not sum to the bill." in text


def test_only_the_current_version_counts_and_the_journal_counts_when_it_is_posted(
    staff: Client, retailer: Tenant
) -> None:
    a_day(retailer)
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")], version=2)
    late = ledger_day(date(2026, 10, 3), [Part(retailer, Kind.IDLE, "2")], is_current=False)
    correction(late, [Part(retailer, Kind.IDLE, "-0.5")], posted_on=DAY - timedelta(days=1))

    november = file_of(staff, "?month=2026-11&csv=days")
    october = file_of(staff, "?month=2026-10&csv=days")

    assert november[0] == ["day", "direct", "correction", "cost", "bill"]
    assert [row[3] for row in november[1:]] == ["3.000000000", "-1.500000000"]
    assert october[1:] == []
    assert JournalLine.objects.count() == 1


def test_budgets_and_prices_stand_beside_the_cost(staff: Client, retailer: Tenant) -> None:
    a_day(retailer)
    Budget.objects.create(tenant=retailer, amount=Decimal(21))
    TenantPrice.objects.create(tenant=retailer, from_month=date(2026, 1, 1), amount=Decimal(8))
    TenantPrice.objects.create(tenant=retailer, from_month=date(2026, 12, 1), amount=Decimal(99))

    rows = rows_of(page(staff), "Budgets, prices and margins")

    assert rows[0] == [
        "alsterhaus-mode", "10.50", "21.00", "50.0 %", "", "8.00", "\u22122.50", "\u221231.3 %",
    ]  # fmt: skip


def test_a_tenants_days_are_its_own(
    staff: Client, retailer: Tenant, other_retailer: Tenant, lake: Path
) -> None:
    parts = [Part(retailer, Kind.DIRECT, "2"), Part(other_retailer, Kind.DIRECT, "5")]
    ledger_day(DAY, parts)

    rows = file_of(staff, "tenants/alsterhaus-mode/?csv=days")

    assert rows == [["day", "direct", "cost"], ["2026-11-20", "6.000000000", "6.000000000"]]


def test_a_day_shows_what_a_version_changed(staff: Client, retailer: Tenant, lake: Path) -> None:
    a_day(retailer)
    hour = {
        "hour": at(DAY, 3),
        "warehouse": "MERCURIOS_TRANSFORM_WH",
        "compute_nanos": 4 * NANOS,
        "direct_nanos": 3 * NANOS,
        "idle_nanos": NANOS,
    }
    files = detail_files(lake, DAY, hours=[hour])
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "3")], version=2, files=files)

    soup = page(staff, f"days/{DAY}/")

    assert [row[0] for row in rows_of(soup, "Versions")] == ["Version 2", "Version 1"]
    assert rows_of(soup, "Changes")[0][-3:] == ["4.50", "\u2013", "\u22124.50"]
    assert rows_of(soup, "Hours of warehouses")[0][1:] == [
        "03:00", "4.00", "3.00", "1.00", "\u2013", "25.0 %",
    ]  # fmt: skip


def test_months_of_200_tenants_are_shown_at_once(
    staff: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    _many(tenants=200, days=31)
    staff.get(ROOT)  # templates are read once

    with CaptureQueriesContext(connection) as asked:
        started = clock.process_time()
        answer = staff.get(f"{ROOT}?month=2026-10")
        took = clock.process_time() - started

    assert answer.status_code == 200
    assert len(asked) <= 30, len(asked)
    assert took < 1.5, took


def _many(*, tenants: int, days: int) -> None:
    made = Tenant.objects.bulk_create(
        Tenant(slug=f"retailer-{at:03}", name=f"Retailer {at}", engine="SNOWFLAKE")
        for at in range(tenants)
    )
    for back in range(days):
        day = date(2026, 10, 1) + timedelta(days=back)
        kinds = (Kind.DIRECT, Kind.IDLE, Kind.CLOUD_SERVICES)
        ledger_day(day, [Part(each, kind, "0.1") for each in made for kind in kinds])
