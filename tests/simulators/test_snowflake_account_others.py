"""Network policies, integrations, tags, nonsense, and an account that is put down and taken up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    return Client(Account.fresh())


@pytest.mark.parametrize(
    "nonsense",
    [
        "CREATE WAREHOUSE",
        "CREATE WAREHOUSE other SIZE = SMALL TYPE",
        "CREATE WARHOUSE work",
        "CREATE RESOURCE MONITORS m",
        "CREATE ROLE other WITH PASSWORD 'x'",
        "CREATE USER u IDENTIFIED BY 'x'",
        "CREATE EXTENSION pgcrypto",
        "CREATE TENANT alice",
        "ALTER WAREHOUSE work SLEEP",
        "ALTER ROLE r RENAMED r2",
        "ALTER USER admin WITH PASSWORD 'x'",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA raw GRANT SELECT ON TABLES TO r",
        "DROP WAREHOUSES work",
        "DROP OWNED BY r",
        "GRANT ROLE r",
        "GRANT SELECT ON t TO r",
        "GRANT SELECT TABLE t TO ROLE r",
        "GRANT SELECT ON ALL TABLES TO ROLE r",
        "GRANT USAGE ON WAREHOUSE work TO ROLE r WITH ADMIN OPTION",
        "REVOKE SELECT ON TABLE t TO ROLE r",
        "SHOW WAREHOUSE",
        "SHOW GRANTS FOR ROLE r",
        "USE ROLE 'r'",
        "REASSIGN OWNED BY r TO s",
        "SUSPEND WAREHOUSE work",
        "LOCK TABLE t",
        "VACUUM",
    ],
)
def test_nonsense_is_refused_and_changes_nothing(alice: Client, nonsense: str) -> None:
    alice.run(
        "CREATE WAREHOUSE work", "CREATE ROLE r", "CREATE DATABASE d", "CREATE TABLE t (a INT)"
    )
    before = alice.account.matrix()

    refused = alice.refusal(nonsense)

    assert refused.errno in (1003, 1006, 2003)
    assert alice.account.matrix() == before


def test_a_syntax_error_says_where(alice: Client) -> None:
    refused = alice.refusal("CREATE ROLE r\nFROM s")

    assert (refused.errno, refused.sqlstate) == (1006, "22023")
    refused = alice.refusal("GRANT ROLE public\nFROM ROLE sysadmin")
    assert (refused.errno, refused.sqlstate) == (1003, "42000")
    assert refused.message.endswith("syntax error line 2 at position 0 unexpected 'FROM'.")


def test_a_network_policy_lets_in_what_it_allows_and_does_not_block(alice: Client) -> None:
    alice.run(
        "CREATE NETWORK POLICY office ALLOWED_IP_LIST = ('192.0.2.0/24') "
        "BLOCKED_IP_LIST = ('192.0.2.99')",
        "ALTER ACCOUNT SET NETWORK_POLICY = office",
    )

    assert alice.account.lets_in("ADMIN", "192.0.2.1")
    assert not alice.account.lets_in("ADMIN", "192.0.2.99")
    assert not alice.account.lets_in("ADMIN", "198.51.100.1")


def test_a_users_network_policy_goes_before_the_accounts(alice: Client) -> None:
    alice.run(
        "CREATE NETWORK POLICY office ALLOWED_IP_LIST = ('192.0.2.0/24')",
        "CREATE NETWORK POLICY cluster ALLOWED_IP_LIST = ('198.51.100.7')",
        "ALTER ACCOUNT SET NETWORK_POLICY = office",
        "ALTER USER admin SET NETWORK_POLICY = cluster",
    )

    assert alice.account.lets_in("ADMIN", "198.51.100.7")
    assert not alice.account.lets_in("ADMIN", "192.0.2.1")


def test_a_network_policy_in_use_is_not_dropped(alice: Client) -> None:
    alice.run(
        "CREATE NETWORK POLICY office ALLOWED_IP_LIST = ('192.0.2.0/24')",
        "ALTER ACCOUNT SET NETWORK_POLICY = office",
    )

    alice.refusal("DROP NETWORK POLICY office")
    alice.run("ALTER ACCOUNT UNSET NETWORK_POLICY", "DROP NETWORK POLICY office")


@pytest.mark.parametrize("wrong", ["('office')", "('192.0.2.0/40')", "'192.0.2.1'"])
def test_a_network_policy_lists_addresses(alice: Client, wrong: str) -> None:
    alice.refusal(f"CREATE NETWORK POLICY office ALLOWED_IP_LIST = {wrong}")


INTEGRATION = (
    "CREATE STORAGE INTEGRATION lake TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
    "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::000000000000:role/lake' "
    "STORAGE_ALLOWED_LOCATIONS = ('s3://example-lake/raw/')"
)


def test_creating_an_integration_takes_create_integration(alice: Client) -> None:
    assert Client(alice.account, role="SYSADMIN").refusal(INTEGRATION).errno == 3001
    alice.run(INTEGRATION)
    assert alice.records("SHOW INTEGRATIONS")[0]["enabled"] == "true"


def test_an_integration_needs_its_role_and_places(alice: Client) -> None:
    alice.refusal("CREATE STORAGE INTEGRATION lake TYPE = EXTERNAL_STAGE ENABLED = TRUE")


def test_an_external_stage_lies_where_its_integration_allows(alice: Client) -> None:
    alice.run(INTEGRATION, "CREATE DATABASE shop")
    stage = "CREATE STAGE outside STORAGE_INTEGRATION = lake URL = 's3://example-lake/{}/'"

    assert "not allowed" in alice.refusal(stage.format("other")).message
    alice.run(stage.format("raw"))
    assert alice.records("SHOW STAGES")[0]["type"] == "EXTERNAL"


def test_a_tag_takes_only_its_allowed_values(alice: Client) -> None:
    alice.run(
        "CREATE DATABASE shop",
        "CREATE TAG layer ALLOWED_VALUES 'raw', 'standard'",
        "ALTER SCHEMA shop.public SET TAG layer = 'raw'",
    )

    assert alice.refusal("ALTER SCHEMA shop.public SET TAG layer = 'gold'").errno == 1008
    assert alice.account.options("SCHEMA", "shop.public")["tags"] == {"SHOP.PUBLIC.LAYER": "raw"}
    alice.run("ALTER SCHEMA shop.public UNSET TAG layer")
    assert alice.account.options("SCHEMA", "shop.public")["tags"] == {}


@pytest.mark.parametrize(
    "wrong", ["TENANT_ID = 'x'", "DATA_RETENTION_TIME_IN_DAYS = 91", "TIMEZONE = 5"]
)
def test_an_account_has_only_documented_parameters(alice: Client, wrong: str) -> None:
    assert alice.refusal(f"ALTER ACCOUNT SET {wrong}").errno in (1006, 1008)


def test_show_parameters_tells_what_is_set_for_the_account(alice: Client) -> None:
    alice.run("ALTER ACCOUNT SET STATEMENT_TIMEOUT_IN_SECONDS = 600")

    [shown] = alice.records("SHOW PARAMETERS LIKE 'STATEMENT_TIMEOUT%' IN ACCOUNT")
    assert (shown["value"], shown["level"]) == ("600", "ACCOUNT")


def test_comments_may_stand_anywhere_in_a_statement(alice: Client) -> None:
    alice.run("/* QUERY */ CREATE -- the first\n WAREHOUSE work COMMENT = 'a -- b' ;")

    assert alice.records("SHOW WAREHOUSES")[0]["comment"] == "a -- b"


def test_an_account_is_found_again_as_it_was_left(tmp_path: Path) -> None:
    alice = Client(Account.load(tmp_path, user="ALICE"), user="ALICE")
    alice.run(
        "CREATE RESOURCE MONITOR spending WITH CREDIT_QUOTA = 1 "
        "TRIGGERS ON 50 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND",
        "CREATE WAREHOUSE work RESOURCE_MONITOR = spending",
        "CREATE DATABASE shop",
        "CREATE TABLE sales (tenant VARCHAR)",
        "CREATE ROLE staff",
        "GRANT ROLE staff TO USER alice",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA shop.public TO ROLE staff",
        "GRANT SELECT ON TABLE sales TO ROLE staff",
        "CREATE ROW ACCESS POLICY none AS (t VARCHAR) RETURNS BOOLEAN -> FALSE",
        "ALTER TABLE sales ADD ROW ACCESS POLICY none ON (tenant)",
    )
    alice.account.use_credits("WORK", 0.5)
    alice.account.save()

    again = Client(Account.load(tmp_path), user="ALICE")

    assert again.account.matrix() == alice.account.matrix()
    assert again.account.future_matrix() == alice.account.future_matrix()
    assert again.records("SHOW RESOURCE MONITORS") == alice.records("SHOW RESOURCE MONITORS")
    assert again.account.use_credits("WORK", 0.5) == ["SPENDING: 100 percent: SUSPEND"]
    again.run("USE DATABASE shop")
    assert again.refusal("DROP ROW ACCESS POLICY none").errno == 1492


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        (
            "CREATE VIEW v (a, b WITH MASKING POLICY m USING (b, a)) "
            "WITH ROW ACCESS POLICY s.p ON (a) COPY GRANTS AS SELECT 'WITH TAG (x)' AS a",
            "CREATE VIEW v (a, b ) AS SELECT 'WITH TAG (x)' AS a",
        ),
        ("CREATE TABLE t (a INT WITH TAG (l = 'raw'))", "CREATE TABLE t (a INT )"),
        ("CREATE SCHEMA s WITH MANAGED ACCESS", "CREATE SCHEMA s "),
        ("SELECT 1 AS copy, 2 AS grants", "SELECT 1 AS copy, 2 AS grants"),
    ],
)
def test_the_engine_gets_statements_without_policies(alice: Client, sql: str, plain: str) -> None:
    assert alice.account.for_engine(sql) == plain
