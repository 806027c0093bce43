"""The local Snowflake: sessions, the ledger, what stays on disk, and how refusals arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import ProgrammingError

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path_factory.mktemp("snowflake")) as started:
        with snowflake.connector.connect(**started.parameters()) as connection:
            connection.cursor().execute("create database SHOP")
            connection.cursor().execute(
                "create table SHOP.PUBLIC.SALES (id int, amount number(18, 2))"
            )
        yield started


@pytest.fixture
def alice(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    parameters = server.parameters(database="SHOP", schema="PUBLIC", role="LOADER", warehouse="WH")
    with snowflake.connector.connect(**parameters) as connection:
        yield connection


def test_a_session_knows_who_and_where_it_is(alice: SnowflakeConnection) -> None:
    sql = """
        select current_user(), current_role(), current_warehouse(), current_database(),
            current_schema()
    """

    assert run(alice, sql) == [("ALICE", "LOADER", "WH", "SHOP", "PUBLIC")]


def test_use_changes_role_and_warehouse(alice: SnowflakeConnection) -> None:
    alice.cursor().execute("use role ANALYST")
    alice.cursor().execute('use warehouse "small"')

    found = run(alice, "select current_role(), current_warehouse()")
    assert found == [("ANALYST", "small")]


def test_the_ledger_has_every_statement_with_its_session(
    server: SnowflakeServer, alice: SnowflakeConnection
) -> None:
    server.clear_ledger()
    alice.cursor().execute("alter session set query_tag = '{\"t\": \"O''Hara\"}'")
    alice.cursor().execute("select 1")
    alice.cursor().execute("alter session unset query_tag")
    with pytest.raises(ProgrammingError):
        alice.cursor().execute("select * from NOWHERE")

    entries = server.ledger()
    assert [entry["sql"] for entry in entries[1:]] == [
        "select 1",
        "alter session unset query_tag",
        "select * from NOWHERE",
    ]
    assert json.loads(entries[1]["query_tag"]) == {"t": "O'Hara"}
    assert entries[1]["user"] == "ALICE"
    assert (entries[1]["role"], entries[1]["warehouse"]) == ("LOADER", "WH")
    assert (entries[1]["database"], entries[1]["schema"]) == ("SHOP", "PUBLIC")
    assert [entry["error"] for entry in entries] == [None, None, None, 2003]
    assert entries[3]["query_tag"] == ""


def test_a_query_tag_given_at_login_stays_with_the_session(server: SnowflakeServer) -> None:
    parameters = server.parameters(session_parameters={"QUERY_TAG": "nightly"})
    with snowflake.connector.connect(**parameters) as connection:
        connection.cursor().execute("select 'tagged'")
        (shown,) = run(connection, "show parameters like 'QUERY_TAG' in session")

    assert [e["query_tag"] for e in server.ledger() if "tagged" in e["sql"]] == ["nightly"]
    assert shown[:2] == ("QUERY_TAG", "nightly")


@pytest.mark.parametrize(
    ("sql", "errno"),
    [
        ("select * from SHOP.PUBLIC.NOWHERE", 2003),
        ("select * from NOWHERE.PUBLIC.SALES", 2003),
        ("selec 1", 1003),
        ("select nothing from SHOP.PUBLIC.SALES", 904),
        ("select unheard_of(1)", 2140),
        ("select 'one'::int", 100038),
        ("select 'one'::date", 100035),
        ("select parse_json('{')", 100069),
        ("select 1/0", 100051),
        ("select 1; select 2", 8),
        ("use database NOWHERE", 2043),
        ("use schema SHOP.NOWHERE", 2043),
        ("drop table SHOP.PUBLIC.NOWHERE", 2003),
        ("drop schema SHOP.NOWHERE", 2003),
        ("drop database NOWHERE", 2003),
        ("list @SHOP.PUBLIC.NOWHERE", 2003),
        ("create table SHOP.PUBLIC.SALES (id int)", 2002),
        ("undrop table SHOP.PUBLIC.SALES", 603),
    ],
)
def test_a_refusal_carries_snowflakes_number_at_once(
    alice: SnowflakeConnection, sql: str, errno: int
) -> None:
    started = monotonic()
    with pytest.raises(ProgrammingError) as refused:
        alice.cursor().execute(sql)

    assert refused.value.errno == errno
    assert monotonic() - started < 2, "the connector would repeat an HTTP 500 for minutes"


@pytest.mark.parametrize(
    "sql",
    [
        "create warehouse if not exists WH warehouse_size = 'XSMALL'",
        "create role if not exists LOADER",
        "grant select on future tables in schema SHOP.PUBLIC to role LOADER",
        "create or replace resource monitor M with credit_quota = 2",
        "create row access policy SHOP.PUBLIC.P as (t varchar) returns boolean -> true",
        "alter table SHOP.PUBLIC.SALES add row access policy SHOP.PUBLIC.P on (id)",
        "alter user BOB set comment = 'x'",
    ],
)
def test_without_an_account_model_account_statements_succeed_and_do_nothing(
    alice: SnowflakeConnection, sql: str
) -> None:
    assert run(alice, sql) == [("Statement executed successfully.",)]


@pytest.mark.parametrize(
    "sql", ["begin /* dbt */", "-- first\nselect 1 /* dbt */;", "/* dbt */ rollback;"]
)
def test_comments_around_a_statement_change_nothing(alice: SnowflakeConnection, sql: str) -> None:
    run(alice, sql)


def test_bound_values_keep_their_types(server: SnowflakeServer) -> None:
    parameters = server.parameters(database="SHOP", schema="PUBLIC", paramstyle="qmark")
    with snowflake.connector.connect(**parameters) as connection:
        cursor = connection.cursor()
        cursor.executemany("insert into SALES values (?, ?)", [(101, "1.25"), (102, None)])
        assert cursor.rowcount == 2
        cursor.execute("select amount from SALES where id >= ? order by id", (101,))
        assert [str(row[0]) for row in cursor.fetchall()] == [
            "1.25",
            "None",
        ]


def test_committed_rows_and_stages_survive_a_kill(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    with SnowflakeServer(tmp_path / "data") as server:
        with snowflake.connector.connect(**server.parameters()) as connection:
            cursor = connection.cursor()
            cursor.execute("create database SHOP")
            cursor.execute("create table T (v variant)")
            cursor.execute("create stage FILES")
            cursor.execute("insert into T select parse_json('{\"a\": [1]}')")
            cursor.execute(f"put file://{tmp_path}/a.csv @FILES auto_compress=false")
            cursor.execute("begin")
            cursor.execute("insert into T select parse_json('2')")
            server.kill()
            server.start()
        parameters = server.parameters(database="SHOP", schema="PUBLIC")
        with snowflake.connector.connect(**parameters) as connection:
            cursor = connection.cursor()
            assert run(connection, "select v:a[0]::int from T") == [(1,)]
            assert len(run(connection, "list @FILES")) == 1


def test_the_server_ends_within_a_second_even_with_an_open_session(tmp_path: Path) -> None:
    server = SnowflakeServer(tmp_path)
    connection = snowflake.connector.connect(**server.parameters())
    started = monotonic()
    server.stop()

    assert monotonic() - started < 1
    connection.close(retry=False)
