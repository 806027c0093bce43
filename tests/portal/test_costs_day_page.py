"""A day of the ledger in the admin: each of its versions, and what the journal says of it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from portal.costs.models import Kind, LedgerLine
from portal.tenants.models import Tenant
from tests.portal.ledger_cast import Part, correction, ledger_day
from tests.portal.test_costs_admin import ROOT, file_of, page, rows_of

DAY = date(2026, 10, 20)

pytestmark = [
    pytest.mark.usefixtures("every_tenant", "db"),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture
def staff(olga: User, settings: Settings, tmp_path: Path) -> Client:
    settings.LAKE = str(tmp_path)
    client = Client()
    client.force_login(olga)
    return client


def test_each_version_can_be_looked_at(staff: Client, retailer: Tenant) -> None:
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")])
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")], version=2)

    amounts = [
        file_of(staff, f"days/{DAY}/?{asked}csv=snowflake_lines")[1][-1]
        for asked in ("", "snowflake=1&", "snowflake=77&", "snowflake=x&")
    ]

    assert amounts == ["6.000000000", "3.000000000", "6.000000000", "6.000000000"]


def test_what_the_journal_counts_is_beside_what_it_corrects(
    staff: Client, retailer: Tenant
) -> None:
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")])
    late = ledger_day(DAY, [Part(retailer, Kind.DIRECT, "3")], version=2, is_current=False)
    posted = DAY + timedelta(days=30)
    correction(late, [Part(retailer, Kind.DIRECT, "2")], posted_on=posted, reason="Late rows.")

    soup = page(staff, f"days/{DAY}/")

    assert rows_of(soup, "Journal") == [["2026-11-19", "Late rows.", "the platform", "6.00"]]
    assert [row[-1] for row in rows_of(soup, "Versions")] == ["by the journal", "counts"]


def test_lines_that_are_not_kept_any_more_are_said_to_be_gone(
    staff: Client, retailer: Tenant
) -> None:
    old = ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")])
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")], version=2)
    LedgerLine.objects.filter(ledger=old).delete()

    text = page(staff, f"days/{DAY}/").get_text(" ", strip=True)

    assert "The lines of version 1 are not kept any more." in text


def test_both_engines_of_a_day_are_on_one_page(staff: Client, retailer: Tenant) -> None:
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")], engine="DUCKDB")
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")])

    titles = [each.get_text() for each in page(staff, f"days/{DAY}/").select("section > h2")]

    assert titles == [
        "Snowflake: versions",
        "Snowflake: lines of version 1",
        "Embedded: versions",
        "Embedded: lines of version 1",
    ]


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "2026-10-19"])
def test_what_is_no_day_of_the_ledger_is_not_there(
    staff: Client, retailer: Tenant, day: str
) -> None:
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1")])

    assert staff.get(f"{ROOT}days/{day}/").status_code == 404
