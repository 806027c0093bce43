"""The evaluator: which rows a policy shows to a role, by SQL's own rules for names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.snowflake.account import Account, AccountError
from tests.simulators.snowflake.account.client import Client

ROWS: list[dict[str, Any]] = [
    {"tenant_id": "alice-mode", "amount": 1},
    {"tenant_id": "bob-sport", "amount": 2},
    {"tenant_id": None, "amount": 3},
]
MAPPING = [
    {"role": "ALICE_ROLE", "tenant_id": "alice-mode"},
    {"role": "BOB_ROLE", "tenant_id": "bob-sport"},
]
# The argument is called like the mapping's column, so inside the EXISTS both sides are the column.
UNQUALIFIED = "role = CURRENT_ROLE() AND tenant_id = tenant_id"
HALF_QUALIFIED = "m.role = CURRENT_ROLE() AND m.tenant_id = tenant_id"


@pytest.fixture
def alice() -> Client:
    alice = Client(Account.fresh())
    alice.run(
        "CREATE DATABASE shop",
        "CREATE SCHEMA admin",
        "CREATE TABLE mapping (role VARCHAR, tenant_id VARCHAR)",
        "CREATE SCHEMA analytics",
        "CREATE TABLE sales (tenant_id VARCHAR, amount INT, email VARCHAR)",
        "CREATE VIEW seen AS SELECT * FROM sales",
    )
    for role in ("alice_role", "bob_role", "charlie_role", "office"):
        alice.run(
            f"CREATE ROLE {role}",
            f"GRANT USAGE ON DATABASE shop TO ROLE {role}",
            f"GRANT USAGE ON SCHEMA shop.analytics TO ROLE {role}",
            f"GRANT SELECT ON ALL VIEWS IN SCHEMA shop.analytics TO ROLE {role}",
        )
    return alice


def _protect(alice: Client, argument: str, condition: str) -> None:
    alice.run(
        f"CREATE ROW ACCESS POLICY shop.admin.mine AS ({argument} VARCHAR) RETURNS BOOLEAN -> "
        "CURRENT_ROLE() = 'OFFICE' OR "
        f"EXISTS (SELECT 1 FROM shop.admin.mapping m WHERE {condition})",
        "ALTER VIEW shop.analytics.seen ADD ROW ACCESS POLICY shop.admin.mine ON (tenant_id)",
    )


def _seen(alice: Client, role: str, mapping: list[dict[str, Any]] | None = None) -> list[Any]:
    rows = alice.account.visible_rows(
        role,
        "SHOP.ANALYTICS.SEEN",
        ROWS,
        {"SHOP.ADMIN.MAPPING": MAPPING if mapping is None else mapping},
    )
    return [row["amount"] for row in rows]


@pytest.mark.parametrize("condition", [UNQUALIFIED, HALF_QUALIFIED])
def test_a_mapping_compared_with_itself_shows_every_tenant(alice: Client, condition: str) -> None:
    _protect(alice, "tenant_id", condition)

    assert _seen(alice, "ALICE_ROLE") == [1, 2, 3]


@pytest.mark.parametrize(
    "condition",
    [
        "m.role = CURRENT_ROLE() AND m.tenant_id = row_tenant_id",
        "role = CURRENT_ROLE() AND tenant_id = row_tenant_id",
    ],
)
def test_an_argument_with_a_name_of_its_own_shows_one_tenant(alice: Client, condition: str) -> None:
    _protect(alice, "row_tenant_id", condition)

    assert _seen(alice, "ALICE_ROLE") == [1]
    assert _seen(alice, "BOB_ROLE") == [2]


def test_a_role_without_a_mapping_sees_nothing(alice: Client) -> None:
    _protect(alice, "row_tenant_id", "m.role = CURRENT_ROLE() AND m.tenant_id = row_tenant_id")

    assert _seen(alice, "CHARLIE_ROLE") == []
    assert _seen(alice, "ALICE_ROLE", mapping=[]) == []


def test_a_row_of_no_tenant_is_seen_by_nobody_but_the_office(alice: Client) -> None:
    _protect(alice, "row_tenant_id", "m.role = CURRENT_ROLE() AND m.tenant_id = row_tenant_id")

    assert _seen(alice, "OFFICE") == [1, 2, 3]


def test_current_role_is_the_very_role_and_is_role_in_session_all_it_inherits(
    alice: Client,
) -> None:
    alice.run(
        "CREATE ROLE manager",
        "GRANT ROLE alice_role TO ROLE manager",
        "GRANT ROLE bob_role TO ROLE manager",
    )
    _protect(alice, "row_tenant_id", "m.role = CURRENT_ROLE() AND m.tenant_id = row_tenant_id")
    assert _seen(alice, "MANAGER") == []

    alice.run(
        "ALTER ROW ACCESS POLICY shop.admin.mine SET BODY -> EXISTS (SELECT 1 "
        "FROM shop.admin.mapping m "
        "WHERE IS_ROLE_IN_SESSION(m.role) AND m.tenant_id = row_tenant_id)"
    )
    assert _seen(alice, "MANAGER") == [1, 2]
    assert _seen(alice, "ALICE_ROLE") == [1]


def test_names_in_a_body_are_read_from_the_policys_schema(alice: Client) -> None:
    alice.run(
        "CREATE ROW ACCESS POLICY shop.admin.mine AS (t VARCHAR) RETURNS BOOLEAN -> "
        "t IN (SELECT tenant_id FROM mapping WHERE role = CURRENT_ROLE())",
        "ALTER VIEW shop.analytics.seen ADD ROW ACCESS POLICY shop.admin.mine ON (tenant_id)",
    )

    assert _seen(alice, "BOB_ROLE") == [2]


def test_without_a_policy_every_row_is_seen(alice: Client) -> None:
    assert _seen(alice, "CHARLIE_ROLE") == [1, 2, 3]


def test_without_select_nothing_is_seen_at_all(alice: Client) -> None:
    alice.run("REVOKE SELECT ON VIEW shop.analytics.seen FROM ROLE bob_role")

    with pytest.raises(AccountError, match="does not exist or not authorized"):
        _seen(alice, "BOB_ROLE")


def test_a_mask_hides_a_value_from_all_but_those_it_names(alice: Client) -> None:
    alice.run(
        "CREATE MASKING POLICY shop.admin.hidden AS (value VARCHAR) RETURNS VARCHAR -> "
        "CASE WHEN IS_ROLE_IN_SESSION('OFFICE') THEN value "
        "ELSE REGEXP_REPLACE(value, '.+@', '***@') END",
        "ALTER VIEW shop.analytics.seen MODIFY COLUMN email SET MASKING POLICY shop.admin.hidden",
    )
    column = "SHOP.ANALYTICS.SEEN.EMAIL"

    assert alice.account.masked("OFFICE", column, "c@example.com") == "c@example.com"
    assert alice.account.masked("ALICE_ROLE", column, "c@example.com") == "***@example.com"
    assert alice.account.masked("ALICE_ROLE", column, None) is None
    assert alice.account.masked("ALICE_ROLE", "SHOP.ANALYTICS.SEEN.AMOUNT", 7) == 7


def test_a_mask_may_depend_on_another_column(alice: Client) -> None:
    alice.run(
        "CREATE MASKING POLICY shop.admin.hidden AS (value VARCHAR, amount NUMBER) "
        "RETURNS VARCHAR -> IFF(amount > 10, value, SHA2(value))",
        "ALTER VIEW shop.analytics.seen MODIFY COLUMN email "
        "SET MASKING POLICY shop.admin.hidden USING (email, amount)",
    )
    column = "SHOP.ANALYTICS.SEEN.EMAIL"

    assert alice.account.masked("OFFICE", column, "x", others={"AMOUNT": 11}) == "x"
    assert alice.account.masked("OFFICE", column, "x", others={"AMOUNT": 1}) != "x"
