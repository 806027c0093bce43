"""Tables and their changes on the local Snowflake, where the engine would do something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer

_MERGE = """
    merge into T using (select column1 as id, column2 as n from values {rows}) as s on T.id = s.id
    when matched then update set n = s.n
    when not matched then insert (id, n) values (id, n)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path_factory.mktemp("snowflake")) as started:
        yield started


@pytest.fixture
def alice(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    with snowflake.connector.connect(**server.parameters()) as connection:
        run(connection, "create database SHOP")
        run(connection, "create table T (id int, n int)")
        run(connection, "insert into T values (1, 10), (2, 20)")
        yield connection
        run(connection, "drop database SHOP")


def test_keys_are_declared_and_not_enforced_but_never_null(alice: SnowflakeConnection) -> None:
    run(
        alice,
        "create table KEYED (id int primary key, code varchar not null unique, "
        "constraint again primary key (id))",
    )
    run(alice, "insert into KEYED values (1, 'a'), (1, 'a')")
    assert run(alice, "select count(*) from KEYED") == [(2,)]
    with pytest.raises(Error) as refused:
        run(alice, "insert into KEYED values (null, 'a')")
    assert refused.value.errno == 100072


@pytest.mark.parametrize("name", ["BRIEF", "SHOP.PUBLIC.BRIEF"])
def test_a_temporary_table_can_be_qualified_and_ends_with_its_session(
    server: SnowflakeServer, alice: SnowflakeConnection, name: str
) -> None:
    parameters = server.parameters(database="SHOP", schema="PUBLIC")
    with snowflake.connector.connect(**parameters) as bob:
        run(bob, f"create or replace temporary table {name} as (select 1 as id)")
        assert run(bob, f"select * from {name}") == [(1,)]

    with pytest.raises(Error, match="does not exist"):
        run(alice, f"select * from {name}")


def test_a_merge_counts_what_it_inserted_and_updated(alice: SnowflakeConnection) -> None:
    cursor = alice.cursor()
    cursor.execute(_MERGE.format(rows="(2, 21), (3, 30)"))

    assert [column.name for column in cursor.description] == [
        "number of rows inserted",
        "number of rows updated",
    ]
    assert cursor.fetchall() == [(1, 1)]
    assert cursor.rowcount == 2
    assert run(alice, "select * from T order by id") == [(1, 10), (2, 21), (3, 30)]


def test_a_merge_of_two_rows_into_one_is_refused(alice: SnowflakeConnection) -> None:
    with pytest.raises(Error) as refused:
        run(alice, _MERGE.format(rows="(2, 21), (2, 22)"))

    assert refused.value.errno == 100090
    assert run(alice, "select n from T where id = 2") == [(20,)]


def test_swapped_tables_change_places(alice: SnowflakeConnection) -> None:
    run(alice, "create table NEXT_T (id int, n int)")
    run(alice, "alter table T swap with NEXT_T")

    assert run(alice, "select count(*) from T") == [(0,)]
    assert run(alice, "select count(*) from NEXT_T") == [(2,)]


@pytest.mark.parametrize("sql", ["truncate table T", "truncate T", "truncate table if exists T"])
def test_truncate_empties(alice: SnowflakeConnection, sql: str) -> None:
    run(alice, sql)
    assert run(alice, "select count(*) from T") == [(0,)]


def test_truncate_if_exists_forgives_and_truncate_does_not(alice: SnowflakeConnection) -> None:
    run(alice, "truncate table if exists NOWHERE")
    with pytest.raises(Error, match="does not exist"):
        run(alice, "truncate table NOWHERE")


@pytest.mark.parametrize(
    "sql",
    [
        "create or replace transient table U cluster by (id) data_retention_time_in_days = 1 "
        "comment = 'x' copy grants as select 1 as id",
        "create or replace secure view U (id comment 'x') comment = 'v' as select id from T",
        "create transient schema if not exists S data_retention_time_in_days = 0 comment = 'c'",
        "create schema S with managed access",
        "alter table T cluster by (id)",
        "alter table T set data_retention_time_in_days = 1",
        "alter table T add constraint k primary key (id)",
        "alter table T alter n comment 'x'",
        "alter table T add column if not exists m number(38, 0)",
        "comment on column T.n is 'x'",
        "comment on table T is 'x'",
        "create table U clone T",
        "drop schema if exists NOWHERE",
        "drop table if exists NOWHERE",
    ],
)
def test_a_definition_is_taken(alice: SnowflakeConnection, sql: str) -> None:
    run(alice, sql)


def test_a_table_made_from_a_query_keeps_its_declared_columns(alice: SnowflakeConnection) -> None:
    sql = (
        "create or replace table U (id int not null, day date) as (select * from "
        "(select n as id, dateadd(day, 1, '2026-01-01'::date) as d from T {where}) as q)"
    )
    run(alice, sql.format(where=""))
    assert len(run(alice, "select * from U where day = '2026-01-02'")) == 2
    with pytest.raises(Error) as refused:
        run(alice, "insert into U values (null, null)")
    assert refused.value.errno == 100072
    run(alice, "insert into T values (3, null)")
    with pytest.raises(Error) as refused:
        run(alice, sql.format(where=""))
    assert refused.value.errno == 100072


def test_an_overwriting_insert_belongs_to_its_transaction(alice: SnowflakeConnection) -> None:
    run(alice, "begin /* dbt */")
    run(alice, "insert overwrite into T (id, n) values (9, 90)")
    assert run(alice, "select id from T") == [(9,)]
    run(alice, "rollback /* dbt */")

    assert len(run(alice, "select id from T")) == 2


def test_a_schema_is_dropped_with_all_that_is_in_it(alice: SnowflakeConnection) -> None:
    run(alice, "create schema S")
    run(alice, "create table S.T (id int)")
    run(alice, "create stage S.FILES")
    run(alice, "drop schema SHOP.S")
    run(alice, "create schema SHOP.S")

    with pytest.raises(Error, match="does not exist"):
        run(alice, "list @SHOP.S.FILES")
    with pytest.raises(Error, match="does not exist"):
        run(alice, "select * from SHOP.S.T")


def test_a_database_made_again_is_empty(alice: SnowflakeConnection) -> None:
    run(alice, "drop database SHOP")
    run(alice, "create database SHOP")

    assert run(alice, "select current_database(), current_schema()") == [("SHOP", "PUBLIC")]
    with pytest.raises(Error, match="does not exist"):
        run(alice, "select * from T")


def test_tables_and_views_are_shown(alice: SnowflakeConnection) -> None:
    run(alice, "create view V as select * from T")

    assert [row[1] for row in run(alice, "show objects in schema SHOP.PUBLIC")] == ["T", "V"]
    sql = "select table_name, table_type from information_schema.tables order by 1"
    assert run(alice, sql) == [("T", "BASE TABLE"), ("V", "VIEW")]
