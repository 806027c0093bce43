"""Resource monitors in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client

MONITOR = (
    "CREATE RESOURCE MONITOR spending WITH CREDIT_QUOTA = 10 "
    "FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY "
    "TRIGGERS ON 75 PERCENT DO NOTIFY ON 90 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND"
)


@pytest.fixture
def alice() -> Client:
    alice = Client(Account.fresh())
    alice.run(
        MONITOR,
        "CREATE WAREHOUSE loading RESOURCE_MONITOR = spending",
        "CREATE DATABASE shop",
        "CREATE TABLE t (a INT)",
    )
    return alice


def test_show_resource_monitors_has_quota_use_and_triggers(alice: Client) -> None:
    alice.account.use_credits("LOADING", 2.5)

    [shown] = alice.records("SHOW RESOURCE MONITORS")
    credits = (shown["credit_quota"], shown["used_credits"], shown["remaining_credits"])
    assert credits == ("10.00", "2.50", "7.50")
    assert (shown["frequency"], shown["level"]) == ("MONTHLY", "WAREHOUSE")
    triggers = (shown["notify_at"], shown["suspend_at"], shown["suspend_immediately_at"])
    assert triggers == ("75%,90%", "100%", None)


def test_a_frequency_needs_a_start(alice: Client) -> None:
    alice.refusal("CREATE RESOURCE MONITOR other WITH CREDIT_QUOTA = 1 FREQUENCY = DAILY")

    assert len(alice.records("SHOW RESOURCE MONITORS")) == 1


def test_account_administrators_alone_create_monitors(alice: Client) -> None:
    alice.run("USE ROLE sysadmin")

    refused = alice.refusal("CREATE RESOURCE MONITOR other WITH CREDIT_QUOTA = 1")
    assert (refused.errno, refused.sqlstate) == (3001, "42501")


def test_others_alter_a_monitor_with_modify(alice: Client) -> None:
    alice.run("GRANT MODIFY, MONITOR ON RESOURCE MONITOR spending TO ROLE sysadmin")
    alice.run("USE ROLE sysadmin", "ALTER RESOURCE MONITOR spending SET CREDIT_QUOTA = 20")

    assert alice.records("SHOW RESOURCE MONITORS")[0]["credit_quota"] == "20.00"


@pytest.mark.parametrize(
    "triggers",
    [
        "ON 100 PERCENT DO SUSPEND ON 110 PERCENT DO SUSPEND",
        "ON 100 PERCENT DO SUSPEND_IMMEDIATE ON 110 PERCENT DO SUSPEND_IMMEDIATE",
        " ".join(f"ON {percent} PERCENT DO NOTIFY" for percent in range(10, 70, 10)),
        "ON 100 PERCENT DO PANIC",
        "ON 100 DO SUSPEND",
    ],
)
def test_triggers_are_one_of_each_and_five_notices(alice: Client, triggers: str) -> None:
    alice.refusal(f"CREATE RESOURCE MONITOR other WITH CREDIT_QUOTA = 1 TRIGGERS {triggers}")


def test_notices_are_sent_once_at_each_threshold(alice: Client) -> None:
    assert alice.account.use_credits("LOADING", 7.4) == []
    assert alice.account.use_credits("LOADING", 0.1) == ["SPENDING: 75 percent: NOTIFY"]
    assert alice.account.use_credits("LOADING", 1.4) == []
    assert alice.account.use_credits("LOADING", 0.2) == ["SPENDING: 90 percent: NOTIFY"]


def test_a_used_up_quota_suspends_and_nothing_resumes(alice: Client) -> None:
    alice.account.use_credits("LOADING", 10)

    for statement in ("SELECT * FROM t", "ALTER WAREHOUSE loading RESUME"):
        refused = alice.refusal(statement)
        assert (refused.errno, refused.sqlstate) == (90073, "22000")
        assert refused.message == (
            "Warehouse 'LOADING' cannot be resumed because resource monitor 'SPENDING' "
            "has exceeded its quota."
        )


def test_a_higher_quota_lets_it_resume(alice: Client) -> None:
    alice.account.use_credits("LOADING", 10)

    alice.run("ALTER RESOURCE MONITOR spending SET CREDIT_QUOTA = 20", "SELECT * FROM t")


def test_a_new_period_lets_it_resume(alice: Client) -> None:
    alice.account.use_credits("LOADING", 10)

    alice.account.new_period()

    alice.run("SELECT * FROM t")


def test_a_monitor_without_warehouses_watches_none(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE other", "CREATE RESOURCE MONITOR idle WITH CREDIT_QUOTA = 1")
    alice.account.use_credits("OTHER", 100)

    alice.run("SELECT * FROM t")
    levels = {row["name"]: row["level"] for row in alice.records("SHOW RESOURCE MONITORS")}
    assert levels == {"IDLE": None, "SPENDING": "WAREHOUSE"}


def test_the_accounts_monitor_watches_every_warehouse(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE other",
        "CREATE RESOURCE MONITOR total WITH CREDIT_QUOTA = 1 TRIGGERS ON 100 PERCENT DO SUSPEND",
        "ALTER ACCOUNT SET RESOURCE_MONITOR = total",
    )
    alice.account.use_credits("OTHER", 1)

    alice.run("USE WAREHOUSE loading")
    assert alice.refusal("SELECT * FROM t").errno == 90073
