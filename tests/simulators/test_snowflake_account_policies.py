"""Row access and masking policies in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client

MINE = (
    "CREATE ROW ACCESS POLICY mine AS (row_tenant VARCHAR) RETURNS BOOLEAN -> EXISTS ("
    "SELECT 1 FROM mapping m WHERE m.role = CURRENT_ROLE() AND m.tenant_id = row_tenant)"
)
HIDDEN = (
    "CREATE MASKING POLICY hidden AS (value VARCHAR) RETURNS VARCHAR -> "
    "CASE WHEN IS_ROLE_IN_SESSION('OFFICE') THEN value ELSE '***' END"
)


@pytest.fixture
def alice() -> Client:
    alice = Client(Account.fresh())
    alice.run(
        "CREATE WAREHOUSE work",
        "CREATE DATABASE shop",
        "CREATE TABLE mapping (role VARCHAR, tenant_id VARCHAR)",
        "CREATE TABLE sales (tenant_id VARCHAR, amount INT, email VARCHAR)",
        "CREATE VIEW seen AS SELECT * FROM sales",
        "CREATE ROLE staff",
        "GRANT USAGE ON DATABASE shop TO ROLE staff",
        "GRANT USAGE ON SCHEMA shop.public TO ROLE staff",
        MINE,
        HIDDEN,
    )
    return alice


@pytest.fixture
def bob(alice: Client) -> Client:
    return Client(alice.account, "BOB", "STAFF", "WORK", "SHOP", "PUBLIC")


def _references(alice: Client, policy: str) -> list[str]:
    asked = (
        f"TABLE(shop.information_schema.policy_references(policy_name => 'shop.public.{policy}'))"
    )
    return [row["REF_ENTITY_NAME"] for row in alice.records(f"SELECT * FROM {asked}")]


@pytest.mark.parametrize(
    "invented",
    [
        "CREATE POLICY tenants ON sales FOR SELECT USING (tenant_id = 'a')",
        "CREATE ROW ACCESS POLICY tenants ON sales FOR SELECT USING (tenant_id = 'a')",
        "ALTER TABLE sales ENABLE ROW LEVEL SECURITY",
        "CREATE SESSION PROPERTY tenant_id",
        "ALTER SESSION SET CURRENT_TENANT_ID = 'a'",
        "ALTER SESSION SET TENANT_CONTEXT = 'a'",
        "CALL SET_TENANT_CONTEXT('a')",
        "SET_TENANT_CONTEXT('a')",
        "CREATE ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> t = CURRENT_TENANT_ID()",
        "CREATE ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> "
        "t = CURRENT_SESSION_PROPERTY('tenant')",
        "CREATE ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN USING (t = 'a')",
        "ALTER TABLE sales SET ROW ACCESS POLICY mine ON (tenant_id)",
        "GRANT POLICY mine ON sales TO ROLE staff",
    ],
)
def test_what_other_databases_have_and_nobody_has_is_refused(alice: Client, invented: str) -> None:
    refused = alice.refusal(invented)

    assert refused.errno in (1003, 1006, 2140, 2141)


@pytest.mark.parametrize(
    "wrong",
    [
        "ROW ACCESS POLICY p AS () RETURNS BOOLEAN -> TRUE",
        "ROW ACCESS POLICY p AS (t VARCHAR) RETURNS VARCHAR -> t",
        "ROW ACCESS POLICY p AS (t VARCHAR, t VARCHAR) RETURNS BOOLEAN -> TRUE",
        "ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> tenant = 'a'",
        "ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> t =",
        "ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> TRUE, FALSE",
        "ROW ACCESS POLICY p AS (t VARCHAR) RETURNS BOOLEAN -> "
        "EXISTS (SELECT 1 FROM nowhere WHERE tenant = t)",
        "MASKING POLICY p AS (v VARCHAR) RETURNS NUMBER -> 1",
        "MASKING POLICY p AS (v VARCHAR) RETURNS VARCHAR",
    ],
)
def test_a_policy_is_an_expression_over_its_arguments(alice: Client, wrong: str) -> None:
    alice.refusal(f"CREATE {wrong}")


def test_a_policy_is_described_as_it_was_written(alice: Client) -> None:
    [shown] = alice.records("DESCRIBE ROW ACCESS POLICY mine")

    assert (shown["signature"], shown["return_type"]) == ("(ROW_TENANT VARCHAR)", "BOOLEAN")
    assert shown["body"].startswith("EXISTS (SELECT 1 FROM mapping m")
    assert [r["name"] for r in alice.records("SHOW MASKING POLICIES")] == ["HIDDEN"]


def test_an_option_after_the_body_is_not_part_of_it(alice: Client) -> None:
    alice.run(
        "CREATE ROW ACCESS POLICY all_of_it AS (t VARCHAR) RETURNS BOOLEAN -> TRUE COMMENT = 'x'"
    )

    assert alice.records("DESC ROW ACCESS POLICY all_of_it")[0]["body"] == "TRUE"
    assert alice.records("SHOW ROW ACCESS POLICIES LIKE 'all%'")[0]["comment"] == "x"


def test_an_object_has_one_row_access_policy(alice: Client) -> None:
    alice.run("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)")

    refused = alice.refusal("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)")
    assert (refused.errno, refused.sqlstate) == (3549, "23505")


def test_a_column_has_one_masking_policy_unless_forced(alice: Client) -> None:
    alter = "ALTER TABLE sales MODIFY COLUMN email SET MASKING POLICY hidden"
    alice.run(alter)

    assert alice.refusal(alter).errno == 3529
    alice.run(f"{alter} FORCE", "ALTER TABLE sales MODIFY COLUMN email UNSET MASKING POLICY", alter)


def test_a_policy_is_set_on_columns_that_there_are_and_as_many_as_it_takes(alice: Client) -> None:
    alice.refusal("ALTER TABLE sales ADD ROW ACCESS POLICY mine ON (tenant)")
    alice.refusal("ALTER TABLE sales ADD ROW ACCESS POLICY mine ON (tenant_id, amount)")


def test_a_column_is_masked_or_decides_about_rows_but_not_both(alice: Client) -> None:
    alice.run("ALTER TABLE sales ADD ROW ACCESS POLICY mine ON (tenant_id)")

    alice.refusal("ALTER TABLE sales MODIFY COLUMN tenant_id SET MASKING POLICY hidden")


@pytest.mark.parametrize(
    "statement", ["DROP ROW ACCESS POLICY mine", MINE.replace("CREATE", "CREATE OR REPLACE")]
)
def test_a_policy_in_use_is_neither_dropped_nor_replaced(alice: Client, statement: str) -> None:
    alice.run("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)")

    refused = alice.refusal(statement)
    assert refused.message.endswith(
        "Policy MINE cannot be dropped/replaced as it is associated with one or more entities."
    )
    alice.run("ALTER VIEW seen DROP ROW ACCESS POLICY mine", statement)


def test_the_body_of_a_policy_in_use_can_be_altered(alice: Client) -> None:
    alice.run(
        "ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)",
        "ALTER ROW ACCESS POLICY mine SET BODY -> FALSE",
    )

    assert alice.records("DESC ROW ACCESS POLICY mine")[0]["body"] == "FALSE"
    assert _references(alice, "mine") == ["SEEN"]


def test_a_replaced_view_loses_the_policies_that_are_not_said_again(alice: Client) -> None:
    alice.run("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)")

    alice.run("CREATE OR REPLACE VIEW seen AS SELECT * FROM sales")
    assert _references(alice, "mine") == []
    alice.run(
        "CREATE OR REPLACE VIEW seen WITH ROW ACCESS POLICY mine ON (tenant_id) "
        "AS SELECT * FROM sales"
    )
    assert _references(alice, "mine") == ["SEEN"]


def test_a_view_is_created_with_its_masks(alice: Client) -> None:
    alice.run(
        "CREATE OR REPLACE SECURE VIEW seen (tenant_id, email WITH MASKING POLICY hidden) "
        "WITH ROW ACCESS POLICY mine ON (tenant_id) COPY GRANTS "
        "AS SELECT tenant_id, email FROM sales"
    )

    columns = (
        "SELECT policy_name, ref_column_name FROM TABLE(shop.information_schema.policy_references("
        "ref_entity_name => 'shop.public.seen', ref_entity_domain => 'VIEW'))"
    )
    found = {(r["POLICY_NAME"], r["REF_COLUMN_NAME"]) for r in alice.records(columns)}
    assert found == {("MINE", None), ("HIDDEN", "EMAIL")}
    assert alice.records("SHOW VIEWS LIKE 'seen'")[0]["is_secure"] == "true"


def test_a_dropped_view_frees_its_policy(alice: Client) -> None:
    alice.run("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)", "DROP VIEW seen")

    alice.run("DROP ROW ACCESS POLICY mine")


def test_a_schema_keeps_a_policy_that_protects_elsewhere(alice: Client) -> None:
    alice.run(
        "CREATE SCHEMA admin",
        "CREATE ROW ACCESS POLICY admin.everything AS (t VARCHAR) RETURNS BOOLEAN -> TRUE",
        "ALTER VIEW public.seen ADD ROW ACCESS POLICY admin.everything ON (tenant_id)",
    )

    assert "EVERYTHING" in alice.refusal("DROP SCHEMA shop.admin").message
    alice.run("ALTER VIEW public.seen DROP ALL ROW ACCESS POLICIES", "DROP SCHEMA shop.admin")


def test_setting_a_policy_takes_apply_and_ownership(alice: Client, bob: Client) -> None:
    alter = "ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)"
    alice.run("GRANT APPLY ON ROW ACCESS POLICY mine TO ROLE staff")
    assert bob.refusal(alter).errno in (2003, 3001)

    alice.run("GRANT OWNERSHIP ON VIEW seen TO ROLE staff")
    bob.run(alter)


def test_or_the_global_privilege_to_apply(alice: Client, bob: Client) -> None:
    alice.run("GRANT APPLY ROW ACCESS POLICY ON ACCOUNT TO ROLE staff")

    bob.run("ALTER VIEW seen ADD ROW ACCESS POLICY mine ON (tenant_id)")


def test_creating_a_policy_takes_its_own_privilege(alice: Client, bob: Client) -> None:
    create = "CREATE ROW ACCESS POLICY theirs AS (t VARCHAR) RETURNS BOOLEAN -> TRUE"
    assert bob.refusal(create).errno == 3001

    alice.run("GRANT CREATE ROW ACCESS POLICY ON SCHEMA shop.public TO ROLE staff")
    bob.run(create)
