"""What is behind the sums, as pages: which days and files are read, and what is listed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from portal.costs.models import NANOS, Kind
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.ledger_cast import (
    Part,
    a_detail,
    a_query,
    at,
    detail_files,
    ledger_day,
    of_nobody,
)
from tests.portal.test_costs_admin import ROOT, a_day, file_of, page

DAY = date(2026, 11, 20)

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


def test_queries_are_listed_by_their_cost_and_filtered(
    staff: Client, retailer: Tenant, other_retailer: Tenant, lake: Path
) -> None:
    queries = [
        _query(retailer, "cheap", direct_nanos=NANOS // 1000, model="fct_sales"),
        _query(retailer, "dear", direct_nanos=2 * NANOS, model="std_products", tail_ms=5),
        _query(other_retailer, "foreign", direct_nanos=NANOS, warehouse="OTHER_WH"),
    ]
    ledger_day(
        DAY,
        [Part(retailer, Kind.DIRECT, "3.001")],
        files=detail_files(lake, DAY, queries=queries),
    )

    def listed(asked: str) -> list[str]:
        return [row[0] for row in file_of(staff, f"details/queries/?{asked}&csv=queries")[1:]]

    assert listed(f"from={DAY}&to={DAY}") == ["dear", "foreign", "cheap"]
    assert listed("tenant=alsterhaus-mode") == ["dear", "cheap"]
    assert listed("model=fct_sales") == ["cheap"]
    assert listed("kind=IDLE") == ["dear"]
    assert listed("warehouse=OTHER_WH") == ["foreign"]
    assert listed("kind=STORAGE") == []
    assert listed("from=2026-10-01&to=2026-10-31") == []
    assert listed("hash=%27%20or%20true%20--") == []


def test_no_more_than_31_days_are_read_at_once(staff: Client) -> None:
    soup = page(staff, "details/queries/?from=2020-01-01&to=2026-11-20")

    first = soup.find("input", {"name": "from"})
    assert first is not None
    assert first["value"] == "2026-10-21"


@pytest.mark.parametrize(
    ("path", "name", "shown"),
    [
        ("?month=9999-12", "month", "2026-11"),
        ("?month=1999-12", "month", "2026-11"),
        ("?month=2999-12", "month", "2999-12"),
        ("tenants/alsterhaus-mode/?month=9999-12", "month", "2026-11"),
        ("tenants/alsterhaus-mode/?month=0001-01", "month", "2026-11"),
        ("details/queries/?to=9999-12-31", "to", "2026-11-21"),
        ("details/queries/?from=0001-01-01", "from", "2026-11-01"),
        ("details/queries/?from=0001-01-01&to=0001-01-01", "from", "2026-11-01"),
        ("unattributed/?from=0001-01-01&to=9999-12-31", "from", "2026-11-01"),
        ("unattributed/?month=9999-12", "from", "2026-11-01"),
        ("details/queries/?from=2000-01-01&to=2000-01-01", "from", "2000-01-01"),
        ("details/queries/?from=2999-12-31&to=2999-12-31", "to", "2999-12-31"),
    ],
)
def test_days_that_nothing_is_kept_of_are_not_asked_for(
    staff: Client, retailer: Tenant, path: str, name: str, shown: str
) -> None:
    chosen = page(staff, path).select_one(
        f'input[name="{name}"], select[name="{name}"] option[selected]'
    )

    assert chosen is not None
    assert chosen["value"] == shown


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "3000-01-01"])
@pytest.mark.parametrize("path", ["report", "days"])
def test_a_day_that_nothing_is_kept_of_is_not_there(staff: Client, path: str, day: str) -> None:
    assert staff.get(f"{ROOT}{path}/{day}/").status_code == 404


def test_runs_models_and_connections_sum_to_the_details(
    staff: Client, retailer: Tenant, lake: Path
) -> None:
    details = [
        a_detail(retailer, run_code="r1", connection_code="c1", model="m1", amount_nanos=NANOS),
        a_detail(retailer, run_code="r1", connection_code="c1", model="m2", amount_nanos=NANOS),
        a_detail(retailer, run_code="r2", connection_code="c1", model="m1", amount_nanos=NANOS),
    ]
    ledger_day(
        DAY,
        [Part(retailer, Kind.DIRECT, "1")],
        files=detail_files(lake, DAY, details=details),
    )

    found = {
        what: [Decimal(row[at]) for row in file_of(staff, f"details/{what}/?csv={what}")[1:]]
        for what, at in (("runs", 3), ("models", 1), ("connections", 2))
    }

    assert found == {"runs": [2, 1], "models": [2, 1], "connections": [3]}


@pytest.mark.parametrize("path", ["details/queries/", "details/runs/", "tenants/alsterhaus-mode/"])
@pytest.mark.parametrize("harm", ["removed", "another", "torn"])
def test_an_unreadable_lake_is_a_sentence(
    staff: Client, retailer: Tenant, lake: Path, path: str, harm: str
) -> None:
    files = detail_files(lake, DAY, queries=[_query(retailer, "q")], details=[a_detail(retailer)])
    Tenant.objects.filter(pk=retailer.pk).update(engine="SNOWFLAKE")
    a_day(retailer, files=files)
    for each in lake.rglob("*.parquet"):
        if harm == "removed":
            each.unlink()
        elif harm == "torn":
            each.write_bytes(each.read_bytes()[:-9])
        else:
            each.write_bytes(b"x" * each.stat().st_size)

    text = page(staff, path).get_text(" ", strip=True)

    assert "2026-11-20" in text
    assert "The sums of the ledger are in the portal's own database" in text


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("details/queries/", "queries"),
        ("details/runs/", "details"),
        ("details/models/", "details"),
        ("details/connections/", "details"),
        ("unattributed/", "queries"),
        ("tenants/alsterhaus-mode/", "details"),
        ("advice/", "queries"),
        (f"days/{DAY}/", "hours"),
    ],
)
def test_a_page_takes_no_file_that_it_does_not_read(
    staff: Client, retailer: Tenant, lake: Path, path: str, read: str
) -> None:
    Tenant.objects.filter(pk=retailer.pk).update(engine="SNOWFLAKE")
    hour = {"hour": at(DAY, 3), "warehouse": "WH"}
    files = detail_files(
        lake, DAY, queries=[_query(retailer, "q")], details=[a_detail(retailer)], hours=[hour]
    )
    a_day(retailer, files=files)
    for each in lake.rglob("*.parquet"):
        if each.stem != read:
            each.unlink()

    said = [page(staff, path).get_text(" ", strip=True)]
    for each in lake.rglob("*.parquet"):
        each.unlink()
    said.append(page(staff, path).get_text(" ", strip=True))

    assert ["no longer in the lake" in each for each in said] == [False, True]


def test_the_unattributed_names_whose_queries_they_are(
    staff: Client, retailer: Tenant, lake: Path
) -> None:
    queries = [
        _query(None, "a", user_name="JANE", direct_nanos=NANOS, query_hash="h1"),
        _query(None, "b", user_name="JANE", direct_nanos=NANOS, query_hash="h1"),
        _query(None, "c", user_name="TABLEAU", direct_nanos=NANOS, query_hash="h2"),
        _query(retailer, "d", user_name="OURS", direct_nanos=NANOS),
    ]
    a_day(retailer, files=detail_files(lake, DAY, queries=queries))

    rows = file_of(staff, "unattributed/?csv=offenders")

    assert [(row[0], row[3], row[4]) for row in rows[1:]] == [
        ("JANE", "2", "2.000000000"),
        ("TABLEAU", "1", "1.000000000"),
    ]


def test_a_file_holds_no_formula(staff: Client, retailer: Tenant, lake: Path) -> None:
    files = detail_files(lake, DAY, queries=[_query(None, "q1", user_name="=cmd|'/c calc'!A1")])
    ledger_day(DAY, [of_nobody(Part(None, Kind.DIRECT, "1"))], files=files)

    rows = file_of(staff, f"details/queries/?from={DAY}&to={DAY}&csv=queries")

    assert rows[1][8] == "'=cmd|'/c calc'!A1"


def _query(tenant: Tenant | None, query_id: str, **values: Any) -> dict[str, Any]:
    moments = {"started_at": at(DAY, 3), "ended_at": at(DAY, 3, 1)}
    return a_query(tenant, query_id, **moments, **values)
