"""What it costs in money, by the rate sheet or by the configured prices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.transforms.costs.account import (
    ALICE,
    BOB,
    CHARLIE,
    DAY,
    NANOS,
    PLATFORM,
    Account,
    at,
    tag,
)
from tests.transforms.costs.recipe import Recipe


def _account() -> Account:
    account = Account()
    for place, tenant in enumerate((ALICE, BOB, CHARLIE)):
        account.query(tenant, at(f"10:0{place}"), 10, whose=tag(tenant), credits=1)
    account.hour(at("10:00"), "3")
    account.bill("3")
    return account


@pytest.mark.parametrize(
    ("rates", "price", "is_estimated"),
    [
        ([], 3, True),
        ([("2.5", "compute", "EUR")], 2.5, False),
        ([("2.5", "compute", "USD")], 3, True),
        ([("9", "storage", "EUR")], 3, True),
        ([("9", "cloud services", "EUR"), ("2.5", "compute", "EUR")], 2.5, False),
    ],
)
def test_a_credit_costs_what_the_rate_sheet_says_in_our_currency(
    recipe: Recipe, rates: list[tuple[str, str, str]], price: float, is_estimated: bool
) -> None:
    account = _account()
    for rate, usage, currency in rates:
        account.rate(rate, usage=usage, currency=currency)

    found = account.ledger(recipe).rows("select amount_nanos, is_estimated from costs.cost_lines")

    assert found == [(price * NANOS, is_estimated)] * 3


def test_a_service_without_a_rate_of_its_own_costs_what_compute_does(recipe: Recipe) -> None:
    account = Account()
    account.bill("1", service="AUTO_CLUSTERING")
    account.bill("1", service="SERVERLESS_TASK")
    account.rate("2")
    account.rate("1.5", usage="serverless tasks")

    found = account.ledger(recipe).rows(
        "select service_type, amount_nanos from costs.cost_bill order by all"
    )

    assert found == [("AUTO_CLUSTERING", 2 * NANOS), ("SERVERLESS_TASK", 3 * NANOS // 2)]


def test_amounts_sum_to_the_rounded_bill(recipe: Recipe) -> None:
    account = _account()
    account.rate("0.000000000444444444")

    ledger = account.ledger(recipe)

    # A third of a nano and a bit each, of which the bill has one.
    assert ledger.one("select amount_nanos from costs.cost_bill") == 1
    assert ledger.rows("select amount_nanos from costs.cost_lines order by all") == [
        (0,),
        (0,),
        (1,),
    ]


def test_what_overlaps_is_given_back_in_money(recipe: Recipe) -> None:
    account = _account()
    account.rows["warehouse_metering_history"].clear()
    account.rows["metering_daily_history"].clear()
    account.hour(at("10:00"), "2")

    found = account.ledger(recipe).rows(
        "select kind, sum(nanos), sum(amount_nanos) from costs.cost_lines group by all order by all"
    )

    assert found == [("DIRECT", 3 * NANOS, 9 * NANOS), ("OVERLAP", -NANOS, -3 * NANOS)]


def test_a_run_on_our_own_processors_costs_what_was_measured(recipe: Recipe) -> None:
    account = Account()
    _run(account, "extract", seconds=100, read=2 * 10**9)
    _run(account, "transform", model="fct_sales", seconds=900)

    found = account.ledger(recipe).rows(
        "select engine, service_type, kind, tenant_code, run_code, step, model, unit, nanos,"
        " amount_nanos, is_estimated from costs.cost_details order by all"
    )

    work = ("DUCKDB", "COMPUTE", "DIRECT", ALICE, "run-1")
    read = ("DUCKDB", "READING", "READING", ALICE, "run-1")
    assert found == [
        (*work, "extract", "", "CPU_SECOND", 100 * NANOS, NANOS // 100, False),
        (*work, "transform", "fct_sales", "CPU_SECOND", 900 * NANOS, 9 * NANOS // 100, False),
        (*read, "extract", "", "GB", 2 * NANOS, NANOS, False),
    ]


def test_a_lake_costs_what_is_kept_in_it(recipe: Recipe) -> None:
    account = Account()
    for code in (ALICE, PLATFORM):
        account.add("embedded_storage", day=DAY, tenant_code=code, bytes=31 * 10**9)

    found = account.ledger(recipe).rows(
        "select holder, tenant_code, unit, nanos, amount_nanos from costs.cost_lines order by all"
    )

    assert found == [
        ("PLATFORM", "", "GB_MONTH", NANOS, NANOS // 50),
        ("TENANT", ALICE, "GB_MONTH", NANOS, NANOS // 50),
    ]


def test_a_lake_that_was_not_measured_is_as_large_as_before(recipe: Recipe) -> None:
    account = Account(first=DAY - timedelta(days=2), last=DAY + timedelta(days=5))
    account.today = DAY + timedelta(days=4)
    _run(account, "extract", seconds=1, finished_at=at("-1 10:00"))
    for day, size in ((0, 31), (2, 62)):
        measured = DAY + timedelta(days=day)
        account.add("embedded_storage", day=measured, tenant_code=ALICE, bytes=size * 10**9)

    found = account.ledger(recipe).rows(
        "select day, nanos, is_billed from costs.cost_bill where service_type = 'STORAGE'"
        " order by all"
    )

    assert found == [
        (DAY + timedelta(days=day), nanos, day < 4)
        for day, nanos in (
            (-1, NANOS),
            (0, NANOS),
            (1, NANOS),
            (2, 2 * NANOS),
            (3, 2 * NANOS),
            (4, 2 * NANOS),
        )
    ]


def test_a_day_of_ours_is_billed_when_it_is_over(recipe: Recipe) -> None:
    account = Account(last=DAY + timedelta(days=1), today=DAY + timedelta(days=1))
    _run(account, "extract", seconds=1)
    _run(account, "extract", seconds=1, finished_at=at("+1 00:30"))

    found = account.ledger(recipe).rows("select day, is_billed from costs.cost_bill order by all")

    assert found == [(DAY, True), (account.last, False)]


def _run(account: Account, step: str, *, seconds: float, read: int = 0, **columns: Any) -> None:
    row = {
        "run_code": "run-1",
        "tenant_code": ALICE,
        "connection_code": "connection-1",
        "finished_at": at("10:00"),
        "step": step,
        "model": "",
        "cpu_seconds": seconds,
        "bytes_read": read,
    }
    account.add("embedded_runs", **{**row, **columns})
