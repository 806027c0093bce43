"""Faults of the local Snowflake: late, refused and lost answers."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error, OperationalError, ProgrammingError

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path_factory.mktemp("snowflake")) as server:
        with snowflake.connector.connect(**server.parameters()) as connection:
            connection.cursor().execute("create database SHOP")
        yield server


@pytest.fixture
def server(started: SnowflakeServer) -> Iterator[SnowflakeServer]:
    started.clear_ledger()
    yield started
    started.clear_faults()


@pytest.fixture
def alice(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    parameters = server.parameters(database="SHOP", schema="PUBLIC")
    with snowflake.connector.connect(**parameters) as connection:
        connection.cursor().execute("create or replace table SALES (id int)")
        yield connection


def test_a_statement_is_late(server: SnowflakeServer, alice: SnowflakeConnection) -> None:
    server.fault("delay", "select 'late'", seconds=0.5)
    started = monotonic()
    alice.cursor().execute("select 'late'")
    assert monotonic() - started > 0.5


def test_a_statement_is_refused_as_often_as_wanted(
    server: SnowflakeServer, alice: SnowflakeConnection
) -> None:
    server.fault("refuse", "^insert", errno=604, sqlstate="57014", message="canceled", count=2)
    for _ in range(2):
        with pytest.raises(ProgrammingError) as refused:
            alice.cursor().execute("insert into SALES values (1)")
        assert refused.value.errno == 604
    alice.cursor().execute("insert into SALES values (1)")

    assert run(alice, "select count(*) from SALES") == [(1,)]


def test_an_answer_that_is_lost_once_comes_with_the_repeated_request(
    server: SnowflakeServer, alice: SnowflakeConnection
) -> None:
    server.fault("lose_answer", "^insert", count=1)
    alice.cursor().execute("insert into SALES values (1)")

    assert run(alice, "select count(*) from SALES") == [(1,)]
    assert len([e for e in server.ledger() if e["sql"].startswith("insert")]) == 1


def test_a_lost_commit_answer_leaves_the_client_in_doubt_and_the_rows_in_place(
    server: SnowflakeServer,
) -> None:
    parameters = server.parameters(database="SHOP", schema="PUBLIC", network_timeout=2)
    with snowflake.connector.connect(**parameters) as bob:
        bob.cursor().execute("create or replace table SALES (id int)")
        bob.cursor().execute("begin")
        bob.cursor().execute("insert into SALES values (1)")
        server.fault("lose_answer", "^commit", count=None)
        with pytest.raises(OperationalError):
            bob.cursor().execute("commit")
    server.clear_faults()
    with snowflake.connector.connect(
        **server.parameters(database="SHOP", schema="PUBLIC")
    ) as alice:
        assert run(alice, "select count(*) from SALES") == [(1,)]


def test_a_lost_request_is_sent_again_and_runs_once(
    server: SnowflakeServer, alice: SnowflakeConnection
) -> None:
    server.fault("lose_request", "^insert", count=1)
    alice.cursor().execute("insert into SALES values (1)")

    assert run(alice, "select count(*) from SALES") == [(1,)]


def test_a_server_that_is_away_for_a_moment_is_asked_again(
    server: SnowflakeServer, alice: SnowflakeConnection
) -> None:
    server.fault("unavailable", "^select 'back'", count=1)

    assert run(alice, "select 'back'") == [("back",)]


def test_a_login_can_fail_like_a_statement(server: SnowflakeServer) -> None:
    server.fault("refuse", "^login ALICE", errno=390422, sqlstate="08001", message="IP not allowed")
    with pytest.raises(Error) as refused:
        snowflake.connector.connect(**server.parameters())

    assert refused.value.errno == 390422
