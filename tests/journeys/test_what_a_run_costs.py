"""What retailers' runs used on this machine reaches the ledger, and nobody else's page."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.forms import Page
from tests.journeys.conftest import Retailer
from tests.processes import Platform

SECONDS = 180.0
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

LINES = """
    select costs_ledgerline.tenant_slug, costs_ledgerline.kind, costs_ledgerline.unit,
        costs_ledgerline.nanos, costs_ledgerline.amount_nanos
    from costs_ledgerline
    join costs_ledgerday on costs_ledgerday.id = costs_ledgerline.ledger_id
    where costs_ledgerday.is_current and costs_ledgerday.engine = 'DUCKDB'
"""
BILL = """
    select sum(costs_bill.amount_nanos) as amount_nanos
    from costs_bill
    join costs_ledgerday on costs_ledgerday.id = costs_bill.ledger_id
    where costs_ledgerday.is_current and costs_ledgerday.engine = 'DUCKDB'
"""
STEPS = """
    select runs_run.steps from runs_run
    join tenants_tenant on tenants_tenant.id = runs_run.tenant_id
    where tenants_tenant.slug = ? and runs_run.finished_at is not null
"""


@pytest.fixture(scope="module")
def lines(
    platform: Platform, alice: Retailer, charlie: Retailer, day_later: dict[str, Any]
) -> list[dict[str, Any]]:
    """The ledger as the platform's own deployment has written it."""
    api = f"{platform.prefect_url}/api"
    deployment = requests.get(f"{api}/deployments/name/costs/every-hour", timeout=30).json()
    started = requests.post(
        f"{api}/deployments/{deployment['id']}/create_flow_run", json={}, timeout=30
    ).json()
    deadline = time.monotonic() + SECONDS
    while True:
        run = requests.get(f"{api}/flow_runs/{started['id']}", timeout=30).json()
        if run["state_type"] in ENDED:
            break
        assert time.monotonic() < deadline, f"not after {SECONDS:.0f} s: {run['state_type']}"
        time.sleep(0.5)
    assert run["state_type"] == "COMPLETED", run["state"]["message"]
    return platform.rows(LINES)


def of(lines: list[dict[str, Any]], retailer: Retailer, kind: str) -> int:
    return sum(
        line["nanos"]
        for line in lines
        if line["tenant_slug"] == retailer.slug and line["kind"] == kind
    )


def test_the_lines_sum_to_the_bill(platform: Platform, lines: list[dict[str, Any]]) -> None:
    [bill] = platform.rows(BILL)

    assert sum(line["amount_nanos"] for line in lines) == int(bill["amount_nanos"]) > 0


def test_both_retailers_pay_for_their_own_work_and_storage(
    lines: list[dict[str, Any]], alice: Retailer, charlie: Retailer
) -> None:
    for retailer in (alice, charlie):
        assert of(lines, retailer, "DIRECT") > 0
        assert of(lines, retailer, "READING") > 0
        assert of(lines, retailer, "STORAGE") > 0


def test_a_retailers_work_is_what_its_runs_measured(
    platform: Platform, lines: list[dict[str, Any]], charlie: Retailer
) -> None:
    """Charlie has no schedule: nothing has run since."""
    runs = [_steps(row["steps"]) for row in platform.rows(STEPS, charlie.slug)]
    measured = sum(Decimal(str(step["cpu_seconds"])) for steps in runs for step in steps.values())

    assert abs(Decimal(of(lines, charlie, "DIRECT")) / 10**9 - measured) < Decimal("0.001")


def test_the_admin_shows_what_each_of_them_costs(
    admin: Page, lines: list[dict[str, Any]], alice: Retailer, charlie: Retailer
) -> None:
    page = admin.open("/admin/costs/")

    assert page.status == 200
    for retailer in (alice, charlie):
        assert retailer.slug in page.text


def _steps(said: Any) -> dict[str, Any]:
    steps: dict[str, Any] = json.loads(said) if isinstance(said, str) else said
    return steps
