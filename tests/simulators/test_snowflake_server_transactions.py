"""Transactions of the local Snowflake: read committed, waiting, and clients that die."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic, sleep
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import ProgrammingError

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer

Connect = Callable[..., SnowflakeConnection]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(
        tmp_path_factory.mktemp("snowflake"), lock_seconds=4, abandoned_seconds=1
    ) as started:
        with snowflake.connector.connect(**started.parameters()) as connection:
            connection.cursor().execute("create database SHOP")
        yield started


@pytest.fixture
def connect(server: SnowflakeServer) -> Iterator[Connect]:
    with ExitStack() as opened:

        def opening(**more: Any) -> SnowflakeConnection:
            parameters = server.parameters(database="SHOP", schema="PUBLIC", **more)
            return opened.enter_context(snowflake.connector.connect(**parameters))

        run(opening(), "create or replace table MARKS (id int, mark int)")
        run(opening(), "insert into MARKS values (1, 0), (2, 0)")
        yield opening


def marks(connection: SnowflakeConnection) -> list[Any]:
    return run(connection, "select id, mark from MARKS order by id")


def test_what_is_rolled_back_was_never_there(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "update MARKS set mark = 5")
    assert marks(bob) == [(1, 0), (2, 0)]
    run(alice, "rollback")

    assert marks(alice) == [(1, 0), (2, 0)]


def test_a_transaction_reads_what_others_have_committed_meanwhile(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "insert into MARKS values (3, 3)")
    assert marks(alice) == [(1, 0), (2, 0), (3, 3)]
    run(bob, "update MARKS set mark = 7 where id = 1")

    assert marks(alice) == [(1, 7), (2, 0), (3, 3)]
    run(alice, "commit")
    assert marks(bob) == [(1, 7), (2, 0), (3, 3)]


def test_an_update_waits_for_the_others_commit_and_sees_it(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "update MARKS set mark = mark + 1 where id = 1")
    waiting = threading.Thread(target=run, args=(bob, "update MARKS set mark = mark + 10"))
    waiting.start()
    sleep(0.3)
    assert waiting.is_alive()
    run(alice, "commit")
    waiting.join(timeout=5)

    assert marks(bob) == [(1, 11), (2, 10)]


def test_a_fence_taken_by_another_is_noticed_inside_the_transaction(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(bob, "begin")
    assert marks(bob) == [(1, 0), (2, 0)]
    run(alice, "update MARKS set mark = 9 where id = 1")

    assert run(bob, "update MARKS set mark = 1 where id = 1 and mark = 0") == [(0, 0)]
    run(bob, "rollback")


def test_merges_of_the_same_key_do_not_insert_it_twice(connect: Connect) -> None:
    def merge() -> None:
        run(
            connect(),
            "merge into MARKS using (select 8 as id) as s on MARKS.id = s.id "
            "when matched then update set mark = mark + 1 "
            "when not matched then insert (id, mark) values (id, 1)",
        )

    threads = [threading.Thread(target=merge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert run(connect(), "select mark from MARKS where id = 8") == [(4,)]


def test_a_failed_statement_leaves_the_transaction_as_it_was(connect: Connect) -> None:
    alice = connect()
    run(alice, "begin")
    run(alice, "insert into MARKS values (3, 3)")
    with pytest.raises(ProgrammingError):
        run(alice, "insert into MARKS select 4, 'four'::int")
    run(alice, "insert into MARKS values (5, 5)")
    run(alice, "commit")

    assert [row[0] for row in marks(alice)] == [1, 2, 3, 5]


def test_a_definition_commits_the_open_transaction(connect: Connect) -> None:
    alice = connect()
    run(alice, "begin")
    run(alice, "insert into MARKS values (3, 3)")
    run(alice, "create or replace table OTHER (id int)")
    run(alice, "rollback")

    assert len(marks(alice)) == 3


def test_a_truncated_table_comes_back_with_the_rollback(connect: Connect) -> None:
    alice = connect()
    run(alice, "begin")
    run(alice, "truncate table MARKS")
    assert marks(alice) == []
    run(alice, "rollback")

    assert len(marks(alice)) == 2


def test_without_autocommit_a_change_opens_a_transaction(connect: Connect) -> None:
    alice, bob = connect(autocommit=False), connect()
    run(alice, "insert into MARKS values (3, 3)")
    assert len(marks(bob)) == 2
    alice.commit()
    assert len(marks(bob)) == 3
    run(alice, "insert into MARKS values (4, 4)")
    alice.rollback()

    assert len(marks(alice)) == 3


def test_closing_a_session_rolls_its_transaction_back(
    server: SnowflakeServer, connect: Connect
) -> None:
    with snowflake.connector.connect(
        **server.parameters(database="SHOP", schema="PUBLIC")
    ) as alice:
        run(alice, "begin")
        run(alice, "update MARKS set mark = 5")

    started = monotonic()
    run(connect(), "update MARKS set mark = 6")
    assert monotonic() - started < 0.9


def test_a_silent_transaction_that_blocks_others_is_rolled_back(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "update MARKS set mark = 5")

    run(bob, "update MARKS set mark = 6")

    assert marks(bob) == [(1, 6), (2, 6)]
    with pytest.raises(ProgrammingError, match="has been rolled back"):
        run(alice, "commit")


def test_an_owner_that_keeps_talking_makes_others_wait_until_they_give_up(
    connect: Connect,
) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "update MARKS set mark = 5")
    is_over = threading.Event()

    def talk() -> None:
        while not is_over.wait(0.2):
            run(alice, "select 1")

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        run(bob, "alter session set lock_timeout = 2")
        with pytest.raises(ProgrammingError) as refused:
            run(bob, "update MARKS set mark = 6")
    finally:
        is_over.set()
        talking.join()

    assert refused.value.errno == 625


def test_a_table_can_be_replaced_while_a_dead_client_has_rows_in_it(connect: Connect) -> None:
    alice, bob = connect(), connect()
    run(alice, "begin")
    run(alice, "insert into MARKS values (3, 3)")

    run(bob, "create or replace table MARKS (id int, mark int)")

    assert marks(bob) == []
