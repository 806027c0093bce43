"""The account's model behind the local Snowflake's protocol, and the buckets that COPY reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error, ProgrammingError

from tests.simulators.aws import AwsServer
from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path / "data", has_account_model=True) as started:
        yield started


@pytest.fixture
def admin(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    parameters = server.parameters(user="ADMIN", role="ACCOUNTADMIN")
    with snowflake.connector.connect(**parameters) as connection:
        run(connection, "create warehouse WH warehouse_size = 'XSMALL' auto_suspend = 60")
        run(connection, "use warehouse WH")
        run(connection, "create database SHOP")
        run(connection, "create table SHOP.PUBLIC.SALES (id int)")
        run(connection, "create role READER")
        run(connection, "grant role READER to user ADMIN")
        run(connection, "grant usage on warehouse WH to role READER")
        yield connection


def test_a_role_reads_what_it_was_granted_and_no_more(admin: SnowflakeConnection) -> None:
    for sql in (
        "grant usage on database SHOP to role READER",
        "grant usage on schema SHOP.PUBLIC to role READER",
        "grant select on all tables in schema SHOP.PUBLIC to role READER",
        "use role READER",
    ):
        run(admin, sql)

    assert run(admin, "select count(*) from SHOP.PUBLIC.SALES") == [(0,)]
    with pytest.raises(ProgrammingError) as refused:
        run(admin, "insert into SHOP.PUBLIC.SALES values (1)")
    assert refused.value.errno == 3001


def test_a_role_that_was_not_granted_cannot_log_in(
    server: SnowflakeServer, admin: SnowflakeConnection
) -> None:
    run(admin, "create role OTHER")
    run(admin, "create user BOB password = 'builder'")
    with pytest.raises(Error) as refused:
        snowflake.connector.connect(
            **server.parameters(user="BOB", password="builder", role="OTHER")
        )

    assert refused.value.errno == 390189


def test_the_account_survives_a_kill(server: SnowflakeServer, admin: SnowflakeConnection) -> None:
    server.kill()
    server.start()
    parameters = server.parameters(user="ADMIN", role="ACCOUNTADMIN")
    with snowflake.connector.connect(**parameters) as connection:
        assert run(connection, "show roles like 'READER'")[0][1] == "READER"


def test_a_statement_that_the_engine_refuses_leaves_nothing_in_the_account(
    admin: SnowflakeConnection,
) -> None:
    with pytest.raises(ProgrammingError):
        run(admin, "create table SHOP.PUBLIC.BROKEN as select 'one'::int as id")

    run(admin, "create table SHOP.PUBLIC.BROKEN (id int)")


def test_copy_reads_a_bucket(tmp_path: Path) -> None:
    pq.write_table(pa.table({"ID": [1, 2, 3]}), tmp_path / "part.parquet")
    with AwsServer() as aws, SnowflakeServer(tmp_path / "data", s3_endpoint=aws.url) as server:
        lake = boto3.client(
            "s3",
            endpoint_url=aws.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        lake.create_bucket(
            Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        lake.upload_file(str(tmp_path / "part.parquet"), "lake", "tenant/part.parquet")
        with snowflake.connector.connect(**server.parameters()) as connection:
            run(connection, "create database SHOP")
            run(connection, "create table SALES (id int)")
            loaded = run(
                connection,
                "copy into SALES from 's3://lake/tenant/' file_format = (type = parquet) "
                "match_by_column_name = case_insensitive",
            )

            assert loaded[0][:3] == ("s3://lake/tenant/part.parquet", "LOADED", 3)
            assert run(connection, "select count(*) from SALES") == [(3,)]
