"""What an operator does with a whole installation."""

from __future__ import annotations

import pytest

from flows.provision.actions import (
    repair_permissions,
    resume_warehouses,
    set_up_cost_monitoring,
    set_up_monitors,
    suspend_warehouses,
)
from flows.provision.apply import apply
from flows.provision.costs import VIEWS
from flows.provision.desired import Desired
from tests.provision.conftest import ALICE, wanted_for
from tests.provision.model_account import ModelAccount
from tests.provision.test_drift import by_hand

BASE = "MERCURIOS_DATA"


def states(account: ModelAccount) -> dict[str, str]:
    return {row["name"]: row["state"] for row in account.rows("SHOW WAREHOUSES")}


def test_only_what_runs_is_suspended(ready: ModelAccount, wanted: Desired) -> None:
    ready.model.rest()
    by_hand(ready, "ALTER WAREHOUSE MERCURIOS_DEV_WH RESUME")
    ready.run("CREATE WAREHOUSE THEIRS_WH WITH INITIALLY_SUSPENDED = FALSE")
    ready.forget()

    done = suspend_warehouses(ready, wanted)

    assert [step.sentence for step in done.steps] == ["suspend the warehouse MERCURIOS_DEV_WH"]
    ready.run("USE ROLE ACCOUNTADMIN")
    assert [name for name, state in states(ready).items() if state == "STARTED"] == ["THEIRS_WH"]


def test_suspending_twice_does_nothing_more(ready: ModelAccount, wanted: Desired) -> None:
    suspend_warehouses(ready, wanted)

    assert suspend_warehouses(ready, wanted).steps == ()


def test_what_sleeps_is_resumed(ready: ModelAccount, wanted: Desired) -> None:
    ready.model.rest()

    done = resume_warehouses(ready, wanted)

    assert len(done.steps) == 4
    assert set(states(ready).values()) == {"STARTED"}
    assert resume_warehouses(ready, wanted).steps == ()


def test_monitors_alone_are_set_up(ready: ModelAccount, wanted: Desired) -> None:
    by_hand(ready, "ALTER WAREHOUSE MERCURIOS_DEV_WH SET WAREHOUSE_SIZE = LARGE")
    by_hand(ready, "ALTER RESOURCE MONITOR MERCURIOS_DEV_MONITOR SET CREDIT_QUOTA = 50")

    set_up_monitors(ready, wanted)

    assert len(ready.changes) == 1
    assert "MERCURIOS_DEV_MONITOR SET CREDIT_QUOTA = 5 " in ready.changes[0]


def test_a_quota_that_is_used_up_suspends(ready: ModelAccount, wanted: Desired) -> None:
    assert ready.model.use_credits("MERCURIOS_TASK_WH", 1.9) == [
        "MERCURIOS_TASK_MONITOR: 75 percent: NOTIFY",
        "MERCURIOS_TASK_MONITOR: 90 percent: NOTIFY",
    ]
    assert ready.model.use_credits("MERCURIOS_TASK_WH", 0.2) == [
        "MERCURIOS_TASK_MONITOR: 100 percent: SUSPEND"
    ]


def test_permissions_alone_are_repaired(ready: ModelAccount, wanted: Desired) -> None:
    by_hand(ready, "ALTER WAREHOUSE MERCURIOS_DEV_WH SET WAREHOUSE_SIZE = LARGE")
    by_hand(ready, f"REVOKE USAGE ON SCHEMA {BASE}.ANALYTICS FROM ROLE MERCURIOS_ANALYST")

    repair_permissions(ready.of("MERCURIOS_PROVISIONER"), wanted)

    found = ready.model.matrix()["MERCURIOS_ANALYST", f"SCHEMA {BASE}.ANALYTICS"]
    assert found == {"USAGE"}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_costs_are_shown_by_views_that_are_made_once(account: ModelAccount, name: str) -> None:
    wanted = wanted_for(ALICE)
    apply(account, wanted, whole=True)

    first = set_up_cost_monitoring(account, wanted)
    second = set_up_cost_monitoring(account, wanted)

    assert f"make the view {BASE}.ADMIN.{name}" in [step.sentence for step in first.steps]
    assert second.steps == ()


def test_only_administrators_see_what_it_costs(account: ModelAccount) -> None:
    apply(account, wanted_for(ALICE), whole=True)

    set_up_cost_monitoring(account, wanted_for(ALICE))

    seen_by = {
        role
        for role, what in account.model.matrix()
        if what == f"VIEW {BASE}.ADMIN.DAILY_COST_SUMMARY"
    }
    assert seen_by == {"MERCURIOS_ADMIN", "SYSADMIN", "ACCOUNTADMIN"}
