"""Cloud services, services without a warehouse, storage: what else is on the bill."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.transforms.costs.account import ALICE, BOB, DAY, NANOS, Account, at, tag
from tests.transforms.costs.recipe import Recipe


def test_cloud_services_cost_what_exceeds_a_tenth_of_the_compute(recipe: Recipe) -> None:
    account = Account()
    account.query(
        "a", at("10:00"), 60, whose=tag(ALICE), credits=10, credits_used_cloud_services=1.5
    )
    account.query("b", at("11:00"), 1, whose=tag(BOB), credits_used_cloud_services=0.5, size="")
    account.hour(at("10:00"), "10", cloud="2")
    account.bill("11", cloud="2", free="1")

    assert account.ledger(recipe).credits("CLOUD_SERVICES") == {"alice": 0.75, "bob": 0.25}


def test_before_the_bill_the_free_tenth_is_reckoned(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=10, credits_used_cloud_services=2)
    account.hour(at("10:00"), "10", cloud="2")

    ledger = account.ledger(recipe)

    assert ledger.credits("CLOUD_SERVICES") == {"alice": 1}
    assert ledger.one("select nanos, is_billed from costs.cost_bill") == (11 * NANOS, False)


def test_cloud_services_that_no_query_used_are_nobodys(recipe: Recipe) -> None:
    account = Account()
    account.bill("1", service="CLOUD_SERVICES", cloud="1")

    assert account.ledger(recipe).credits("UNATTRIBUTED") == {"NOBODY": 1}


def test_cloud_services_of_queries_without_a_warehouse_have_a_bill_of_their_own(
    recipe: Recipe,
) -> None:
    account = Account()
    used: dict[str, Any] = {"credits_used_cloud_services": 1}
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=1, **used)
    account.query("b", at("10:00"), 1, whose=tag(BOB), warehouse=None, **used)
    account.hour(at("10:00"), "1", cloud="1")
    account.bill("1.5", cloud="1", free="0.5")
    account.bill("1", service="CLOUD_SERVICES", cloud="1")

    found = account.ledger(recipe).rows(
        "select service_type, tenant_code, nanos from costs.cost_lines"
        " where kind = 'CLOUD_SERVICES' order by all"
    )

    assert found == [("CLOUD_SERVICES", BOB, NANOS), ("WAREHOUSE_METERING", ALICE, NANOS // 2)]


def test_a_task_costs_whose_schema_it_is_in(recipe: Recipe) -> None:
    account = Account()
    for schema, credits in (("TENANT_ALICE_ANALYTICS", "0.3"), ("ADMIN", "0.1")):
        _task(account, schema, credits)
    _task(account, "PUBLIC", "0.5", database="REPORTING")
    account.bill("1", service="SERVERLESS_TASK")

    ledger = account.ledger(recipe)

    assert ledger.credits("SERVERLESS") == {"alice": 0.3, "PLATFORM": 0.1}
    assert ledger.credits("UNATTRIBUTED") == {"NOBODY": 0.6}


def test_a_service_for_a_table_costs_whose_schema_it_is_in(recipe: Recipe) -> None:
    account = Account()
    _table(account, 7, "TENANT_BOB_STANDARD", 0)
    _used(account, "AUTO_CLUSTERING", 7, "0.25")
    _used(account, "AUTO_CLUSTERING", 8, "0.5")

    ledger = account.ledger(recipe)

    assert ledger.credits("SERVERLESS") == {"bob": 0.25}
    assert ledger.credits("UNATTRIBUTED") == {"NOBODY": 0.5}


def test_a_pipe_of_the_same_number_is_no_table(recipe: Recipe) -> None:
    account = Account()
    _table(account, 7, "TENANT_BOB_RAW", 0)
    _used(account, "PIPE", 7, "0.25", kind="PIPE")

    assert account.ledger(recipe).credits("UNATTRIBUTED") == {"NOBODY": 0.25}


def test_acceleration_costs_whose_query_was_accelerated(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=1, acceleration=0.3)
    account.hour(at("10:00"), "1")
    _used(account, "QUERY_ACCELERATION", 1, "0.3", kind="WAREHOUSE")

    assert account.ledger(recipe).credits("SERVERLESS") == {"alice": 0.3}


def test_storage_costs_whose_schemas_hold_it(recipe: Recipe) -> None:
    account = Account()
    _database(account, "MERCURIOS_DATA", 31e12)
    _database(account, "REPORTING", 62e12)
    account.add("stage_storage_usage_history", usage_date=DAY, average_stage_bytes=31e12)
    _table(account, 1, "TENANT_ALICE_RAW", int(15.5e12))
    _table(account, 2, "TENANT_ALICE_ANALYTICS", int(6.2e12))
    _table(account, 3, "RAW", int(3.1e12))

    ledger = account.ledger(recipe)

    assert ledger.credits("STORAGE") == {"alice": 0.7, "PLATFORM": 1.3, "NOBODY": 2}
    assert ledger.one("select service_type, unit, nanos from costs.cost_bill") == (
        "STORAGE",
        "TB_MONTH",
        4 * NANOS,
    )


def test_tenants_hold_no_more_than_their_database(recipe: Recipe) -> None:
    account = Account()
    _database(account, "MERCURIOS_DATA", 31e12)
    _table(account, 1, "TENANT_ALICE_RAW", int(31e12))
    _table(account, 2, "TENANT_BOB_RAW", int(93e12))

    assert account.ledger(recipe).credits("STORAGE") == {"alice": 0.25, "bob": 0.75}


def test_storage_is_shared_as_the_tables_were_nearest_to_the_day(recipe: Recipe) -> None:
    account = Account()
    _database(account, "MERCURIOS_DATA", 31e12)
    _table(account, 1, "TENANT_ALICE_RAW", int(31e12), read_on=DAY + timedelta(days=1))
    _table(account, 2, "TENANT_BOB_RAW", int(31e12), read_on=DAY + timedelta(days=9))

    assert account.ledger(recipe).credits("STORAGE") == {"alice": 1}


def test_hours_that_are_not_there_yet_are_nobodys(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=1)
    account.hour(at("10:00"), "1")
    account.bill("3")

    ledger = account.ledger(recipe)

    assert ledger.credits("UNATTRIBUTED") == {"NOBODY": 2}


def test_late_rows_change_whose_it_is_and_not_what_is_billed(recipe: Recipe) -> None:
    account = Account()
    account.hour(at("10:00"), "1")
    account.bill("2")
    early = account.ledger(recipe)
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=1)
    account.hour(at("11:00"), "1")

    late = account.ledger(recipe)

    assert early.credits("IDLE") == {"PLATFORM": 1}
    assert early.credits("UNATTRIBUTED") == {"NOBODY": 1}
    assert late.credits("DIRECT") == late.credits("IDLE") == {"alice": 1}
    assert late.credits("UNATTRIBUTED") == {}


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_days_on_which_clocks_change_have_24_hours(recipe: Recipe, day: str) -> None:
    changing = DAY.fromisoformat(day)
    account = Account(first=changing, last=changing)
    for hour in range(24):
        begin = at(f"{hour}:00", changing)
        account.query(str(hour), begin, 3600, whose=tag(ALICE), credits=1)
        account.hour(begin, "1")
    account.bill("24", day=changing)

    assert account.ledger(recipe).credits("DIRECT", day=changing) == {"alice": 24}


def _task(account: Account, schema: str, credits: str, database: str = "MERCURIOS_DATA") -> None:
    account.add(
        "serverless_task_history",
        start_time=at("03:00"),
        database_name=database,
        schema_name=schema,
        credits_used=Decimal(credits),
    )


def _used(account: Account, service: str, entity: int, credits: str, kind: str = "TABLE") -> None:
    account.add(
        "metering_history",
        service_type=service,
        start_time=at("03:00"),
        entity_id=entity,
        entity_type=kind,
        credits_used_compute=Decimal(credits),
        credits_used_cloud_services=Decimal(0),
    )


def _database(account: Account, name: str, size: float) -> None:
    account.add(
        "database_storage_usage_history",
        usage_date=DAY,
        database_name=name,
        average_database_bytes=size * 0.75,
        average_failsafe_bytes=size * 0.25,
    )


def _table(account: Account, table: int, schema: str, size: int, **columns: Any) -> None:
    account.add(
        "table_storage_metrics",
        **{
            "id": table,
            "table_catalog": "MERCURIOS_DATA",
            "table_schema": schema,
            "active_bytes": size,
            "read_on": DAY,
            **columns,
        },
    )
