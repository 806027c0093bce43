"""Databases and schemas in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    alice = Client(Account.fresh())
    alice.run("CREATE WAREHOUSE work", "CREATE DATABASE shop")
    return alice


def _schemas(alice: Client) -> list[str]:
    return [row["name"] for row in alice.records("SHOW SCHEMAS IN DATABASE shop")]


def test_the_engine_makes_databases_and_schemas_too(alice: Client) -> None:
    assert alice.run("CREATE SCHEMA shop.raw") is None
    assert alice.run("DROP SCHEMA shop.raw") is None


def test_a_new_database_has_two_schemas_and_is_current(alice: Client) -> None:
    assert _schemas(alice) == ["INFORMATION_SCHEMA", "PUBLIC"]
    assert (alice.database, alice.schema) == ("SHOP", "PUBLIC")


def test_a_new_schema_is_current(alice: Client) -> None:
    alice.run("CREATE SCHEMA raw")

    assert alice.schema == "RAW"


@pytest.mark.parametrize(
    "created",
    ["TRANSIENT SCHEMA raw DATA_RETENTION_TIME_IN_DAYS = 7", "SCHEMA raw "
     "DATA_RETENTION_TIME_IN_DAYS = 91"],
)  # fmt: skip
def test_what_is_transient_remembers_a_day_and_the_rest_ninety(alice: Client, created: str) -> None:
    refused = alice.refusal(f"CREATE {created}")

    assert (refused.errno, refused.sqlstate) == (1008, "22023")
    assert "RAW" not in _schemas(alice)


def test_a_transient_schema_cannot_be_altered_to_remember_more(alice: Client) -> None:
    alice.run("CREATE TRANSIENT SCHEMA raw DATA_RETENTION_TIME_IN_DAYS = 1")

    assert alice.refusal("ALTER SCHEMA raw SET DATA_RETENTION_TIME_IN_DAYS = 2").errno == 1008
    [shown] = alice.records("SHOW SCHEMAS LIKE 'raw' IN DATABASE shop")
    assert (shown["options"], shown["retention_time"]) == ("TRANSIENT", "1")


def test_tables_of_a_transient_schema_are_transient(alice: Client) -> None:
    alice.run("CREATE TRANSIENT SCHEMA raw", "CREATE TABLE sales (id INT)")

    assert alice.records("SHOW TABLES")[0]["kind"] == "TRANSIENT"
    assert alice.refusal("ALTER TABLE sales SET DATA_RETENTION_TIME_IN_DAYS = 2").errno == 1008


def test_retention_is_that_of_what_is_around(alice: Client) -> None:
    alice.run(
        "ALTER DATABASE shop SET DATA_RETENTION_TIME_IN_DAYS = 14",
        "CREATE SCHEMA standard DATA_RETENTION_TIME_IN_DAYS = 30",
        "CREATE TABLE sales (id INT)",
    )

    assert alice.records("SHOW TABLES")[0]["retention_time"] == "30"
    [public] = alice.records("SHOW SCHEMAS LIKE 'public' IN DATABASE shop")
    assert public["retention_time"] == "14"


def test_dropping_a_schema_drops_exactly_what_is_in_it(alice: Client) -> None:
    alice.run(
        "CREATE SCHEMA tenant_a_raw",
        "CREATE TABLE sales (id INT)",
        "CREATE STAGE files",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA tenant_a_raw TO ROLE public",
        "CREATE SCHEMA tenant_b_raw",
        "CREATE TABLE sales (id INT)",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA tenant_b_raw TO ROLE public",
        "DROP SCHEMA tenant_a_raw",
    )

    tables = alice.records("SHOW TABLES IN DATABASE shop")
    assert [(row["schema_name"], row["name"]) for row in tables] == [("TENANT_B_RAW", "SALES")]
    assert alice.records("SHOW STAGES IN DATABASE shop") == []
    assert {scope for _, scope in alice.account.future_matrix()} == {
        "FUTURE TABLE SHOP.TENANT_B_RAW"
    }


def test_dropping_a_database_drops_everything_in_it(alice: Client) -> None:
    alice.run("CREATE TABLE sales (id INT)", "DROP DATABASE shop")

    assert alice.records("SHOW DATABASES LIKE 'shop'") == []
    assert alice.records("SHOW TABLES IN ACCOUNT") == []
    assert (alice.database, alice.schema) == (None, None)


def test_a_schema_made_anew_has_no_grants_of_the_old(alice: Client) -> None:
    alice.run("CREATE SCHEMA raw", "GRANT USAGE ON SCHEMA raw TO ROLE public")

    alice.run("CREATE OR REPLACE SCHEMA raw")

    assert ("PUBLIC", "SCHEMA SHOP.RAW") not in alice.account.matrix()


def test_creating_a_schema_takes_create_schema(alice: Client) -> None:
    alice.run("GRANT USAGE ON DATABASE shop TO ROLE public")
    bob = Client(alice.account, "BOB", "PUBLIC", database="SHOP")

    refused = bob.refusal("CREATE SCHEMA raw")
    assert (refused.errno, refused.sqlstate) == (3001, "42501")
    assert refused.message.endswith("Insufficient privileges to operate on database 'SHOP'")


def test_creating_a_schema_if_not_exists_takes_the_privilege_all_the_same(alice: Client) -> None:
    alice.run("GRANT USAGE ON DATABASE shop TO ROLE public")
    bob = Client(alice.account, "BOB", "PUBLIC", database="SHOP")

    assert bob.refusal("CREATE SCHEMA IF NOT EXISTS public").errno == 3001


def test_dropping_a_schema_takes_ownership(alice: Client) -> None:
    alice.run("GRANT USAGE ON DATABASE shop TO ROLE public", "CREATE SCHEMA raw")
    alice.run("GRANT ALL ON SCHEMA raw TO ROLE public")

    assert Client(alice.account, "BOB", "PUBLIC").refusal("DROP SCHEMA shop.raw").errno == 3001


def test_a_foreign_database_is_as_good_as_none(alice: Client) -> None:
    bob = Client(alice.account, "BOB", "PUBLIC")

    assert bob.refusal("CREATE SCHEMA shop.raw").message.endswith(
        "Database 'SHOP' does not exist or not authorized."
    )
    assert bob.refusal("USE DATABASE shop").errno == 2043
    assert bob.records("SHOW DATABASES") == []


def test_use_needs_usage(alice: Client) -> None:
    alice.run("CREATE SCHEMA raw", "GRANT USAGE ON DATABASE shop TO ROLE public")
    bob = Client(alice.account, "BOB", "PUBLIC")
    bob.run("USE DATABASE shop")

    assert bob.refusal("USE SCHEMA raw").errno == 2043
    alice.run("GRANT USAGE ON SCHEMA raw TO ROLE public")
    bob.run("USE SCHEMA raw")
    assert (bob.database, bob.schema) == ("SHOP", "RAW")


def test_a_name_without_database_needs_a_current_one(alice: Client) -> None:
    alice.run("DROP DATABASE shop")

    assert alice.refusal("CREATE SCHEMA raw").errno == 90105


def test_a_renamed_schema_takes_its_tables_and_grants_with_it(alice: Client) -> None:
    alice.run("CREATE SCHEMA raw", "CREATE TABLE sales (id INT)")
    alice.run("GRANT SELECT ON TABLE sales TO ROLE public")

    alice.run("ALTER SCHEMA shop.raw RENAME TO shop.land")

    assert alice.account.matrix()["PUBLIC", "TABLE SHOP.LAND.SALES"] == {"SELECT"}


@pytest.mark.parametrize(
    ("statement", "schema"),
    [
        ("USE SCHEMA raw", "RAW"),
        ("USE SCHEMA shop.raw", "RAW"),
        ("USE shop.raw", "RAW"),
        ("USE shop", "PUBLIC"),
        ("USE DATABASE shop", "PUBLIC"),
    ],
)
def test_use_has_its_short_forms(alice: Client, statement: str, schema: str) -> None:
    alice.run("CREATE SCHEMA raw", "USE SCHEMA public", statement)

    assert [alice.database, alice.schema] == ["SHOP", schema]


def test_schemas_to_come_are_granted_on_their_database(alice: Client) -> None:
    alice.run(
        "GRANT USAGE ON FUTURE SCHEMAS IN DATABASE shop TO ROLE public",
        "CREATE SCHEMA raw",
        "GRANT MONITOR ON ALL SCHEMAS IN DATABASE shop TO ROLE public",
    )

    assert alice.account.matrix()["PUBLIC", "SCHEMA SHOP.RAW"] == {"USAGE", "MONITOR"}
    assert alice.account.matrix()["PUBLIC", "SCHEMA SHOP.PUBLIC"] == {"MONITOR"}
