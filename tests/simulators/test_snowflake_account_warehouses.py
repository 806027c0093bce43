"""Warehouses in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    return Client(Account.fresh())


def test_a_new_warehouse_runs_unless_it_is_initially_suspended(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE awake",
        "CREATE WAREHOUSE asleep WITH WAREHOUSE_SIZE = 'X-SMALL' INITIALLY_SUSPENDED = TRUE",
    )

    states = {row["name"]: row["state"] for row in alice.records("SHOW WAREHOUSES")}
    assert states == {"AWAKE": "STARTED", "ASLEEP": "SUSPENDED"}


def test_a_new_warehouse_is_the_sessions_own(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading")

    assert alice.warehouse == "LOADING"


def test_show_warehouses_has_what_was_set(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE loading WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE "
        "MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = 2 SCALING_POLICY = 'ECONOMY' "
        "STATEMENT_TIMEOUT_IN_SECONDS = 3600 COMMENT = 'Alice''s'"
    )

    [shown] = alice.records("SHOW WAREHOUSES LIKE 'load%'")
    assert (shown["size"], shown["auto_suspend"], shown["auto_resume"]) == ("X-Small", 60, "true")
    assert (shown["min_cluster_count"], shown["max_cluster_count"]) == (1, 2)
    assert (shown["scaling_policy"], shown["comment"]) == ("ECONOMY", "Alice's")
    [timeout] = alice.records("SHOW PARAMETERS LIKE 'STATEMENT_TIMEOUT%' IN WAREHOUSE loading")
    assert (timeout["value"], timeout["level"]) == ("3600", "WAREHOUSE")


@pytest.mark.parametrize(
    "wrong",
    [
        "WAREHOUSE_SIZE = TINY",
        "AUTO_SUSPEND = -1",
        "AUTO_RESUME = 'perhaps'",
        "MIN_CLUSTER_COUNT = 3 MAX_CLUSTER_COUNT = 2",
        "SCALING_POLICY = 'CHEAP'",
        "STATEMENT_TIMEOUT_IN_SECONDS = 604801",
        "COLOUR = 'red'",
    ],
)
def test_a_warehouse_has_only_documented_properties_and_values(alice: Client, wrong: str) -> None:
    alice.refusal(f"CREATE WAREHOUSE loading {wrong}")

    assert alice.records("SHOW WAREHOUSES") == []


def test_only_creating_says_whether_it_sleeps_at_first(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading")

    refused = alice.refusal("ALTER WAREHOUSE loading SET INITIALLY_SUSPENDED = TRUE")
    assert refused.errno == 1006


def test_suspending_a_suspended_warehouse_is_an_error(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading", "ALTER WAREHOUSE loading SUSPEND")

    refused = alice.refusal("ALTER WAREHOUSE loading SUSPEND")
    assert (refused.errno, refused.sqlstate) == (90064, "22000")
    assert refused.message == "Invalid state. Warehouse 'LOADING' cannot be suspended."


def test_resuming_a_running_warehouse_is_an_error_unless_if_suspended(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading")

    assert alice.refusal("ALTER WAREHOUSE loading RESUME").errno == 90063
    alice.run("ALTER WAREHOUSE loading RESUME IF SUSPENDED")


def test_creating_twice_is_an_error_unless_if_not_exists(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading AUTO_SUSPEND = 60")

    assert alice.refusal("CREATE WAREHOUSE loading").errno == 2002
    again = alice.said("CREATE WAREHOUSE IF NOT EXISTS loading AUTO_SUSPEND = 300")
    assert again == "LOADING already exists, statement succeeded."
    assert alice.records("SHOW WAREHOUSES")[0]["auto_suspend"] == 60


def test_or_replace_and_if_not_exists_exclude_each_other(alice: Client) -> None:
    assert alice.refusal("CREATE OR REPLACE WAREHOUSE IF NOT EXISTS loading").errno == 1003


def test_dropping_what_is_not_there_is_an_error_unless_if_exists(alice: Client) -> None:
    assert alice.refusal("DROP WAREHOUSE loading").errno == 2003
    alice.run("DROP WAREHOUSE IF EXISTS loading")


def test_names_are_upper_case_unless_quoted(alice: Client) -> None:
    alice.run('CREATE WAREHOUSE "loading"', "CREATE WAREHOUSE Loading")

    names = [row["name"] for row in alice.records("SHOW WAREHOUSES")]
    assert names == ["LOADING", "loading"]


def test_unset_brings_the_default_back(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading AUTO_SUSPEND = 60", "ALTER WAREHOUSE loading UNSET COMMENT")

    alice.run("ALTER WAREHOUSE loading UNSET AUTO_SUSPEND")

    assert alice.records("SHOW WAREHOUSES")[0]["auto_suspend"] == 600


def test_work_wakes_a_warehouse_and_only_work_does(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE loading AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE",
        "CREATE DATABASE shop",
        "CREATE TABLE t (a INT)",
        "SELECT 1",
        "SHOW TABLES",
    )
    assert alice.account.wakes == []

    alice.run("INSERT INTO t VALUES (1)", "SELECT * FROM t")

    assert alice.account.wakes == [("LOADING", "INSERT INTO t VALUES (1)")]
    assert alice.account.rest() == ["LOADING"]
    assert alice.records("SHOW WAREHOUSES")[0]["state"] == "SUSPENDED"


def test_without_auto_resume_a_suspended_warehouse_runs_nothing(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE loading AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE",
        "CREATE DATABASE shop",
        "CREATE TABLE t (a INT)",
    )

    assert "is suspended" in alice.refusal("SELECT * FROM t").message


@pytest.mark.parametrize(
    ("privilege", "allowed", "refused"),
    [
        ("USAGE", "USE WAREHOUSE loading", "ALTER WAREHOUSE loading SUSPEND"),
        ("OPERATE", "ALTER WAREHOUSE loading SUSPEND", "ALTER WAREHOUSE loading SET COMMENT = ''"),
        ("MODIFY", "ALTER WAREHOUSE loading SET AUTO_SUSPEND = 60", "DROP WAREHOUSE loading"),
        ("MONITOR", "SHOW WAREHOUSES", "USE WAREHOUSE loading"),
    ],
)
def test_each_privilege_allows_its_own(
    alice: Client, privilege: str, allowed: str, refused: str
) -> None:
    alice.run(
        "CREATE WAREHOUSE loading",
        "CREATE ROLE staff",
        "GRANT ROLE staff TO USER admin",
        f"GRANT {privilege} ON WAREHOUSE loading TO ROLE staff",
        "USE ROLE staff",
    )

    alice.run(allowed)

    assert alice.refusal(refused).errno in (3001, 2043)


def test_a_warehouse_is_hidden_from_roles_without_any_privilege(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading")
    bob = Client(alice.account, role="PUBLIC")

    assert bob.records("SHOW WAREHOUSES") == []
    assert bob.refusal("ALTER WAREHOUSE loading SUSPEND").errno == 2003
    assert bob.refusal("USE WAREHOUSE loading").errno == 2043


def test_only_administrators_assign_a_resource_monitor(alice: Client) -> None:
    alice.run(
        "CREATE RESOURCE MONITOR spending WITH CREDIT_QUOTA = 5",
        "USE ROLE sysadmin",
        "CREATE WAREHOUSE loading",
    )

    assert alice.refusal("ALTER WAREHOUSE loading SET RESOURCE_MONITOR = spending").errno == 3001
    alice.run("USE ROLE accountadmin", "ALTER WAREHOUSE loading SET RESOURCE_MONITOR = spending")
    assert alice.records("SHOW WAREHOUSES")[0]["resource_monitor"] == "SPENDING"
