"""What statements on data take in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import pytest

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    alice = Client(Account.fresh())
    alice.run(
        "CREATE WAREHOUSE work",
        "CREATE DATABASE shop",
        "CREATE SCHEMA raw",
        "CREATE TABLE sales (id INT, amount NUMBER(18, 2))",
        "CREATE TABLE changes (id INT, amount NUMBER(18, 2))",
        "CREATE STAGE files",
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


@pytest.mark.parametrize(
    ("statement", "grants"),
    [
        ("SELECT * FROM sales", ["SELECT ON TABLE sales"]),
        ("WITH x AS (SELECT id FROM sales) SELECT * FROM x", ["SELECT ON TABLE sales"]),
        ("INSERT INTO sales VALUES (1, 2)", ["INSERT ON TABLE sales"]),
        (
            "INSERT INTO sales (id) SELECT id FROM changes",
            ["INSERT ON TABLE sales", "SELECT ON TABLE changes"],
        ),
        (
            "INSERT OVERWRITE INTO sales SELECT * FROM changes",
            ["INSERT, DELETE ON TABLE sales", "SELECT ON TABLE changes"],
        ),
        ("UPDATE sales SET amount = 0", ["UPDATE ON TABLE sales"]),
        ("DELETE FROM sales WHERE id = 1", ["DELETE, SELECT ON TABLE sales"]),
        ("TRUNCATE TABLE sales", ["TRUNCATE ON TABLE sales"]),
        (
            "MERGE INTO sales s USING changes c ON s.id = c.id "
            "WHEN MATCHED THEN UPDATE SET amount = c.amount "
            "WHEN NOT MATCHED THEN INSERT (id) VALUES (c.id)",
            ["SELECT, INSERT, UPDATE ON TABLE sales", "SELECT ON TABLE changes"],
        ),
        (
            "COPY INTO sales FROM @files/a FILE_FORMAT = (TYPE = PARQUET)",
            ["INSERT ON TABLE sales", "READ ON STAGE files"],
        ),
        ("PUT file:///tmp/a @files/a AUTO_COMPRESS = FALSE", ["READ, WRITE ON STAGE files"]),
        ("LIST @shop.raw.files", ["READ ON STAGE files"]),
        ("REMOVE @files/a", ["READ, WRITE ON STAGE files"]),
        ("CREATE TABLE mine (id INT)", ["CREATE TABLE ON SCHEMA raw"]),
        (
            "CREATE TABLE mine AS SELECT * FROM sales",
            ["CREATE TABLE ON SCHEMA raw", "SELECT ON TABLE sales"],
        ),
        (
            "CREATE VIEW mine AS SELECT * FROM sales",
            ["CREATE VIEW ON SCHEMA raw", "SELECT ON TABLE sales"],
        ),
        ("CREATE STAGE mine", ["CREATE STAGE ON SCHEMA raw"]),
        ("DESCRIBE TABLE sales", ["REFERENCES ON TABLE sales"]),
    ],
)  # fmt: skip
def test_a_statement_takes_each_of_its_privileges(
    alice: Client, bob: Client, statement: str, grants: list[str]
) -> None:
    for grant in grants:
        assert bob.refusal(statement).errno in (2003, 3001)
        alice.run(f"GRANT {grant} TO ROLE staff")

    bob.run(statement)


@pytest.mark.parametrize("statement", ["DROP TABLE sales", "ALTER TABLE sales ADD COLUMN b INT"])
def test_all_privileges_are_not_ownership(alice: Client, bob: Client, statement: str) -> None:
    alice.run("GRANT ALL ON TABLE sales TO ROLE staff")

    refused = bob.refusal(statement)
    assert (refused.errno, refused.sqlstate) == (3001, "42501")
    assert refused.message == (
        "SQL access control error:\nInsufficient privileges to operate on table 'SALES'"
    )


def test_a_table_is_hidden_from_who_has_nothing_on_it(bob: Client) -> None:
    refused = bob.refusal("SELECT * FROM sales")

    assert (refused.errno, refused.sqlstate) == (2003, "02000")
    assert refused.message.endswith("Object 'SHOP.RAW.SALES' does not exist or not authorized.")
    assert bob.records("SHOW TABLES") == []


def test_usage_of_schema_and_database_is_needed_too(alice: Client, bob: Client) -> None:
    alice.run("GRANT SELECT ON TABLE sales TO ROLE staff")
    bob.run("SELECT * FROM sales")

    alice.run("REVOKE USAGE ON SCHEMA raw FROM ROLE staff")
    assert bob.refusal("SELECT * FROM sales").errno == 2003
    alice.run("GRANT USAGE ON SCHEMA raw TO ROLE staff")
    alice.run("REVOKE USAGE ON DATABASE shop FROM ROLE staff")
    assert bob.refusal("SELECT * FROM sales").errno == 2003


def test_reading_a_view_takes_no_privilege_on_its_tables(alice: Client, bob: Client) -> None:
    alice.run("CREATE VIEW seen AS SELECT id FROM sales", "GRANT SELECT ON VIEW seen TO ROLE staff")

    bob.run("SELECT * FROM seen")


def test_a_view_breaks_when_its_owner_loses_the_table(alice: Client, bob: Client) -> None:
    alice.run(
        "GRANT CREATE VIEW ON SCHEMA raw TO ROLE staff", "GRANT SELECT ON TABLE sales TO ROLE staff"
    )
    bob.run("CREATE VIEW seen AS SELECT id FROM sales", "GRANT SELECT ON VIEW seen TO ROLE public")

    alice.run("REVOKE SELECT ON TABLE sales FROM ROLE staff")

    assert alice.refusal("SELECT * FROM seen").errno == 2037


def test_whoever_creates_owns_and_may_do_everything(alice: Client, bob: Client) -> None:
    alice.run("GRANT CREATE TABLE, CREATE STAGE ON SCHEMA raw TO ROLE staff")

    bob.run(
        "CREATE TABLE mine (id INT)",
        "CREATE STAGE my_files",
        "PUT 'file:///tmp/a.parquet' @my_files",
        "COPY INTO mine FROM @my_files PURGE = TRUE",
        "MERGE INTO mine USING (SELECT 1 AS id) n ON mine.id = n.id WHEN MATCHED THEN DELETE",
        "ALTER TABLE mine ADD COLUMN b INT",
        "TRUNCATE TABLE mine",
        "DROP TABLE mine",
    )


def test_purging_a_stage_writes_to_it(alice: Client, bob: Client) -> None:
    alice.run(
        "GRANT INSERT ON TABLE sales TO ROLE staff", "GRANT READ ON STAGE files TO ROLE staff"
    )
    bob.run("COPY INTO sales FROM @files")

    assert bob.refusal("COPY INTO sales FROM @files PURGE = TRUE").errno == 3001


def test_a_temporary_table_takes_no_privilege_to_create(bob: Client) -> None:
    bob.run(
        "CREATE TEMPORARY TABLE draft (id INT)",
        "INSERT INTO draft VALUES (1)",
        "SELECT * FROM draft",
        "DROP TABLE draft",
    )

    assert bob.refusal("SELECT * FROM draft").errno == 2003


def test_create_table_if_not_exists_takes_the_privilege_all_the_same(bob: Client) -> None:
    assert bob.refusal("CREATE TABLE IF NOT EXISTS sales (id INT)").errno == 3001


def test_replacing_takes_ownership_of_the_old(alice: Client, bob: Client) -> None:
    alice.run(
        "GRANT CREATE TABLE ON SCHEMA raw TO ROLE staff", "GRANT ALL ON TABLE sales TO ROLE staff"
    )

    assert bob.refusal("CREATE OR REPLACE TABLE sales (id INT)").errno == 3001


def test_the_owner_of_a_schema_drops_what_is_in_it(alice: Client, bob: Client) -> None:
    alice.run("GRANT OWNERSHIP ON SCHEMA raw TO ROLE staff REVOKE CURRENT GRANTS")

    bob.run("DROP TABLE sales")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM sales",
        "INSERT INTO sales VALUES (1, 2)",
        "COPY INTO sales FROM @files",
        "CREATE TABLE mine AS SELECT * FROM sales",
    ],
)
def test_work_on_rows_needs_a_warehouse(alice: Client, statement: str) -> None:
    alice.warehouse = None

    refused = alice.refusal(statement)
    assert (refused.errno, refused.sqlstate) == (606, "57P03")
    assert refused.message.startswith("No active warehouse selected in the current session.")
    assert len(alice.records("SHOW TABLES IN SCHEMA shop.raw")) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CURRENT_ROLE()",
        "CREATE TABLE mine (id INT)",
        "CREATE VIEW mine AS SELECT * FROM sales",
        "DROP TABLE sales",
        "PUT file:///tmp/a @files",
        "LIST @files",
        "SHOW TABLES",
        "BEGIN",
        "COMMIT",
    ],
)
def test_the_rest_needs_none(alice: Client, statement: str) -> None:
    alice.warehouse = None

    alice.run(statement)


def test_a_warehouse_of_others_is_no_active_one(alice: Client, bob: Client) -> None:
    alice.run(
        "GRANT SELECT ON TABLE sales TO ROLE staff",
        "REVOKE USAGE ON WAREHOUSE work FROM ROLE staff",
    )

    assert bob.refusal("SELECT * FROM sales").errno == 606


def test_tables_and_views_share_their_names(alice: Client) -> None:
    assert alice.refusal("CREATE VIEW sales AS SELECT 1 AS id").errno == 2002
    assert alice.refusal("DROP VIEW sales").errno == 2203


def test_what_the_engine_could_not_make_was_never_there(alice: Client) -> None:
    alice.run("GRANT SELECT ON TABLE sales TO ROLE staff", "CREATE OR REPLACE TABLE sales (id INT)")
    alice.account.undo(alice)
    assert alice.account.matrix()["STAFF", "TABLE SHOP.RAW.SALES"] == {"SELECT"}

    alice.run("CREATE TABLE broken (id INT)")
    alice.account.undo(alice)
    assert [row["name"] for row in alice.records("SHOW TABLES")] == ["CHANGES", "SALES"]


def test_renamed_and_swapped_tables_keep_their_grants(alice: Client) -> None:
    alice.run(
        "GRANT SELECT ON TABLE sales TO ROLE staff",
        "ALTER TABLE sales RENAME TO receipts",
        "ALTER TABLE receipts SWAP WITH changes",
    )

    assert alice.account.matrix()["STAFF", "TABLE SHOP.RAW.CHANGES"] == {"SELECT"}
    assert ("STAFF", "TABLE SHOP.RAW.RECEIPTS") not in alice.account.matrix()
