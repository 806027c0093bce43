"""Grants in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    """Alice administers; Bob's role STAFF may enter SHOP.RAW, and no more."""
    alice = Client(Account.fresh())
    alice.run(
        "CREATE WAREHOUSE work",
        "CREATE DATABASE shop",
        "CREATE SCHEMA raw",
        "CREATE TABLE sales (id INT)",
        "CREATE ROLE staff",
        "CREATE USER bob",
        "GRANT ROLE staff TO USER bob",
        "GRANT USAGE ON WAREHOUSE work TO ROLE staff",
        "GRANT USAGE ON DATABASE shop TO ROLE staff",
        "GRANT USAGE ON SCHEMA shop.raw TO ROLE staff",
    )
    return alice


@pytest.fixture
def bob(alice: Client) -> Client:
    return Client(alice.account, "BOB", "STAFF", "WORK", "SHOP", "RAW")


def _may(alice: Client, named: str, role: str = "STAFF") -> set[str]:
    return set(alice.account.matrix().get((role, named), frozenset()))


@pytest.mark.parametrize("privilege", ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"])
def test_privileges_of_tables_do_not_exist_on_schemas(alice: Client, privilege: str) -> None:
    refused = alice.refusal(f"GRANT {privilege} ON SCHEMA shop.raw TO ROLE staff")

    assert refused.message.endswith(f"Invalid object type 'SCHEMA' for privilege '{privilege}'.")


@pytest.mark.parametrize(
    "grant",
    [
        "GRANT CREATE TABLE, INSERT ON SCHEMA shop.raw TO ROLE staff",
        "GRANT CREATE TABLE ON DATABASE shop TO ROLE staff",
        "GRANT SELECT ON DATABASE shop TO ROLE staff",
        "GRANT INSERT ON FUTURE VIEWS IN SCHEMA shop.raw TO ROLE staff",
        "GRANT OPERATE ON DATABASE shop TO ROLE staff",
        "GRANT USAGE ON TABLE sales TO ROLE staff",
        "GRANT CREATE SCHEMA ON ACCOUNT TO ROLE staff",
        "GRANT USAGE ON RESOURCE MONITOR m TO ROLE staff",
        "GRANT DROP ON TABLE sales TO ROLE staff",
    ],
)
def test_a_privilege_is_granted_only_on_its_own_kind_of_object(alice: Client, grant: str) -> None:
    alice.run("CREATE RESOURCE MONITOR m WITH CREDIT_QUOTA = 1")
    before = alice.account.matrix()

    alice.refusal(grant)

    assert alice.account.matrix() == before


def test_all_is_every_privilege_of_the_kind_but_ownership(alice: Client) -> None:
    alice.run("GRANT ALL PRIVILEGES ON TABLE sales TO ROLE staff")

    assert _may(alice, "TABLE SHOP.RAW.SALES") >= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert "OWNERSHIP" not in _may(alice, "TABLE SHOP.RAW.SALES")


def test_all_tables_are_those_that_there_are_now(alice: Client) -> None:
    said = alice.said("GRANT SELECT ON ALL TABLES IN SCHEMA shop.raw TO ROLE staff")
    alice.run("CREATE TABLE later (id INT)")

    assert said.endswith("1 objects affected.")
    assert _may(alice, "TABLE SHOP.RAW.SALES") == {"SELECT"}
    assert _may(alice, "TABLE SHOP.RAW.LATER") == set()


def test_future_tables_are_those_to_come(alice: Client) -> None:
    alice.run("GRANT SELECT, INSERT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff")
    alice.run("CREATE TABLE later (id INT)", "CREATE VIEW seen AS SELECT id FROM sales")

    assert _may(alice, "TABLE SHOP.RAW.SALES") == set()
    assert _may(alice, "TABLE SHOP.RAW.LATER") == {"SELECT", "INSERT"}
    assert _may(alice, "VIEW SHOP.RAW.SEEN") == set()


def test_show_future_grants_names_the_kind_to_come(alice: Client) -> None:
    alice.run("GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff")

    [shown] = alice.records("SHOW FUTURE GRANTS IN SCHEMA shop.raw")
    assert (shown["privilege"], shown["grant_on"]) == ("SELECT", "TABLE")
    assert (shown["name"], shown["grantee_name"]) == ("SHOP.RAW.<TABLE>", "STAFF")
    assert alice.records("SHOW FUTURE GRANTS IN DATABASE shop") == []


def test_future_grants_on_a_schema_hide_those_on_its_database(alice: Client) -> None:
    alice.run(
        "CREATE ROLE auditor",
        "GRANT SELECT ON FUTURE TABLES IN DATABASE shop TO ROLE auditor",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff",
        "CREATE TABLE shop.raw.hidden (id INT)",
        "CREATE TABLE shop.public.open (id INT)",
    )

    assert _may(alice, "TABLE SHOP.RAW.HIDDEN", "AUDITOR") == set()
    assert _may(alice, "TABLE SHOP.PUBLIC.OPEN", "AUDITOR") == {"SELECT"}


def test_a_replaced_table_loses_its_grants_and_gets_the_future_ones(alice: Client) -> None:
    alice.run(
        "GRANT DELETE ON TABLE sales TO ROLE staff",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff",
        "CREATE OR REPLACE TABLE sales (id INT)",
    )

    assert _may(alice, "TABLE SHOP.RAW.SALES") == {"SELECT"}


def test_copy_grants_keeps_them(alice: Client) -> None:
    alice.run("GRANT DELETE ON TABLE sales TO ROLE staff")
    alice.run("CREATE OR REPLACE TABLE sales COPY GRANTS (id INT)")

    assert _may(alice, "TABLE SHOP.RAW.SALES") == {"DELETE"}


def test_owning_a_schema_does_not_allow_future_grants_in_it(alice: Client, bob: Client) -> None:
    alice.run("GRANT OWNERSHIP ON SCHEMA shop.raw TO ROLE staff REVOKE CURRENT GRANTS")
    grant = "GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE public"

    assert bob.refusal(grant).errno == 3001
    bob.run("ALTER SCHEMA shop.raw ENABLE MANAGED ACCESS", grant)


def test_in_a_managed_schema_owners_of_tables_grant_nothing(alice: Client, bob: Client) -> None:
    alice.run("GRANT CREATE TABLE ON SCHEMA shop.raw TO ROLE staff")
    bob.run("CREATE TABLE mine (id INT)", "GRANT SELECT ON TABLE mine TO ROLE public")

    alice.run("ALTER SCHEMA shop.raw ENABLE MANAGED ACCESS")

    assert bob.refusal("GRANT INSERT ON TABLE mine TO ROLE public").errno == 3001


@pytest.mark.parametrize("kind", ["MASKING POLICIES", "ROW ACCESS POLICIES", "TAGS"])
def test_there_are_no_future_grants_on_policies_and_tags(alice: Client, kind: str) -> None:
    alice.refusal(f"GRANT APPLY ON FUTURE {kind} IN SCHEMA shop.raw TO ROLE staff")


def test_holding_a_privilege_is_not_passing_it_on(alice: Client, bob: Client) -> None:
    alice.run("GRANT SELECT ON TABLE sales TO ROLE staff")
    assert bob.refusal("GRANT SELECT ON TABLE sales TO ROLE public").errno == 3001

    alice.run("GRANT SELECT ON TABLE sales TO ROLE staff WITH GRANT OPTION")
    bob.run("GRANT SELECT ON TABLE sales TO ROLE public")
    assert bob.refusal("GRANT INSERT ON TABLE sales TO ROLE public").errno == 3001


def test_manage_grants_allows_to_grant_what_one_does_not_own(alice: Client, bob: Client) -> None:
    alice.run("GRANT MANAGE GRANTS ON ACCOUNT TO ROLE staff")

    bob.run("GRANT SELECT ON TABLE sales TO ROLE public")


def test_revoke_takes_back_and_is_content_where_nothing_was_given(alice: Client) -> None:
    alice.run("GRANT SELECT ON TABLE sales TO ROLE staff")

    alice.run("REVOKE SELECT ON TABLE sales FROM ROLE staff")
    alice.run("REVOKE SELECT ON TABLE sales FROM ROLE staff")

    assert _may(alice, "TABLE SHOP.RAW.SALES") == set()


def test_revoking_a_future_grant_leaves_what_it_gave(alice: Client) -> None:
    alice.run(
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff",
        "CREATE TABLE earlier (id INT)",
        "REVOKE SELECT ON FUTURE TABLES IN SCHEMA shop.raw FROM ROLE staff",
        "CREATE TABLE later (id INT)",
    )

    assert _may(alice, "TABLE SHOP.RAW.EARLIER") == {"SELECT"}
    assert _may(alice, "TABLE SHOP.RAW.LATER") == set()


def test_ownership_moves_only_when_it_is_said_what_becomes_of_the_grants(alice: Client) -> None:
    alice.run("CREATE ROLE keeper", "GRANT SELECT ON TABLE sales TO ROLE staff")

    refused = alice.refusal("GRANT OWNERSHIP ON TABLE sales TO ROLE keeper")
    assert (refused.errno, refused.sqlstate) == (3036, "23001")
    assert "Dependent grant of privilege 'SELECT'" in refused.message
    alice.run("GRANT OWNERSHIP ON TABLE sales TO ROLE keeper COPY CURRENT GRANTS")
    assert _may(alice, "TABLE SHOP.RAW.SALES") == {"SELECT"}
    assert _may(alice, "TABLE SHOP.RAW.SALES", "KEEPER") == {"OWNERSHIP"}
    alice.run("GRANT OWNERSHIP ON TABLE sales TO ROLE sysadmin REVOKE CURRENT GRANTS")
    assert _may(alice, "TABLE SHOP.RAW.SALES") == set()


def test_a_future_owner_owns_what_others_create(alice: Client) -> None:
    alice.run("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff")
    alice.run("CREATE TABLE theirs (id INT)")

    assert _may(alice, "TABLE SHOP.RAW.THEIRS") == {"OWNERSHIP"}


def test_objects_to_come_have_one_owner(alice: Client) -> None:
    alice.run("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE staff")

    alice.refusal("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA shop.raw TO ROLE sysadmin")


def test_ownership_is_no_privilege_of_the_ordinary_grant(alice: Client) -> None:
    alice.refusal("GRANT SELECT, OWNERSHIP ON TABLE sales TO ROLE staff")
    alice.refusal("REVOKE OWNERSHIP ON TABLE sales FROM ROLE accountadmin")


def test_writing_to_a_stage_needs_reading_it(alice: Client) -> None:
    alice.run("CREATE STAGE files")

    assert "READ" in alice.refusal("GRANT WRITE ON STAGE files TO ROLE staff").message
    alice.run("GRANT READ, WRITE ON STAGE files TO ROLE staff")
    assert "WRITE" in alice.refusal("REVOKE READ ON STAGE files FROM ROLE staff").message


def test_show_grants_to_a_role_lists_privileges_roles_and_what_it_owns(alice: Client) -> None:
    alice.run("CREATE ROLE helper", "GRANT ROLE helper TO ROLE staff")
    alice.run("GRANT OWNERSHIP ON TABLE sales TO ROLE staff")

    shown = alice.records("SHOW GRANTS TO ROLE staff")
    assert {(row["privilege"], row["granted_on"], row["name"]) for row in shown} == {
        ("OWNERSHIP", "TABLE", "SHOP.RAW.SALES"),
        ("USAGE", "DATABASE", "SHOP"),
        ("USAGE", "SCHEMA", "SHOP.RAW"),
        ("USAGE", "WAREHOUSE", "WORK"),
        ("USAGE", "ROLE", "HELPER"),
    }


def test_show_grants_of_a_role_lists_who_has_it(alice: Client) -> None:
    alice.run("GRANT ROLE staff TO ROLE sysadmin")

    shown = alice.records("SHOW GRANTS OF ROLE staff")
    assert {(row["granted_to"], row["grantee_name"]) for row in shown} == {
        ("USER", "BOB"),
        ("ROLE", "SYSADMIN"),
    }


def test_show_grants_on_an_object_names_its_owner(alice: Client) -> None:
    shown = alice.records("SHOW GRANTS ON SCHEMA shop.raw")

    assert {(row["privilege"], row["grantee_name"]) for row in shown} == {
        ("OWNERSHIP", "ACCOUNTADMIN"),
        ("USAGE", "STAFF"),
    }


def test_the_database_snowflake_is_granted_as_a_whole(alice: Client, bob: Client) -> None:
    usage = "SELECT * FROM snowflake.account_usage.query_history"
    assert bob.refusal(usage).errno == 2003

    alice.refusal("GRANT USAGE ON DATABASE snowflake TO ROLE staff")
    alice.run("GRANT IMPORTED PRIVILEGES ON DATABASE snowflake TO ROLE staff")
    bob.run(usage)


def test_no_other_database_has_imported_privileges(alice: Client) -> None:
    alice.refusal("GRANT IMPORTED PRIVILEGES ON DATABASE shop TO ROLE staff")


def test_grants_go_to_roles_that_exist(alice: Client) -> None:
    refused = alice.refusal("GRANT SELECT ON TABLE sales TO ROLE nobody")

    assert refused.message.endswith("Role 'NOBODY' does not exist or not authorized.")
