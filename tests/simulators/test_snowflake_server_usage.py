"""The account's records of its own use, as the local Snowflake shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import ProgrammingError

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer
from tests.simulators.snowflake.usage.world import World, make_world, retailers

QUERIES = "SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY"
LATER = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    file = tmp_path_factory.mktemp("world") / "world"
    return make_world(file, first=date(2026, 3, 6), days=4, tenants=retailers(2), queries=1000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path_factory.mktemp("server"), has_account_model=True) as started:
        yield started


@pytest.fixture
def admin(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    parameters = server.parameters(user="ADMIN", role="ACCOUNTADMIN")
    with snowflake.connector.connect(**parameters) as connection:
        run(connection, "create warehouse if not exists WH warehouse_size = 'XSMALL'")
        run(connection, "use warehouse WH")
        yield connection


def count(connection: SnowflakeConnection, source: str = QUERIES) -> int:
    [(found,)] = run(connection, f"select count(*) from {source}")
    return int(found)


def test_what_comes_late_is_seen_later(
    server: SnowflakeServer, admin: SnowflakeConnection, world: World
) -> None:
    server.serve_usage(world, as_of=datetime(2026, 3, 7, tzinfo=UTC))
    early = count(admin)

    server.serve_usage(world, as_of=LATER)

    assert 0 < early < count(admin)


def test_a_role_without_the_imported_privileges_is_refused(
    server: SnowflakeServer, admin: SnowflakeConnection, world: World
) -> None:
    server.serve_usage(world, as_of=LATER)
    run(admin, "create role if not exists READER")
    run(admin, "grant role READER to user ADMIN")
    run(admin, "grant usage on warehouse WH to role READER")
    run(admin, "use role READER")

    with pytest.raises(ProgrammingError) as refused:
        count(admin)
    run(admin, "use role ACCOUNTADMIN")
    run(admin, "grant imported privileges on database SNOWFLAKE to role READER")
    run(admin, "use role READER")

    assert refused.value.errno == 2003
    assert count(admin) > 0


def test_a_view_that_the_account_lacks_does_not_exist(
    server: SnowflakeServer, admin: SnowflakeConnection, world: World
) -> None:
    server.serve_usage(world, as_of=LATER, without=["rate_sheet_daily"])

    with pytest.raises(ProgrammingError, match="does not exist or not authorized") as refused:
        count(admin, "SNOWFLAKE.ORGANIZATION_USAGE.RATE_SHEET_DAILY")

    assert refused.value.errno == 2003
    assert count(admin) > 0


def test_moments_are_seen_in_the_time_zone_of_the_session(
    server: SnowflakeServer, admin: SnowflakeConnection, world: World
) -> None:
    server.serve_usage(world, as_of=LATER)
    sql = (
        "select to_date(min(START_TIME)), to_date(convert_timezone('UTC', min(START_TIME))),"
        " min(START_TIME) from SNOWFLAKE.ACCOUNT_USAGE.METERING_HISTORY"
    )

    [(day, utc_day, moment)] = run(admin, sql)
    run(admin, "alter session set timezone = 'America/New_York'")
    [(day_there, utc_day_there, moment_there)] = run(admin, sql)

    assert (day, utc_day) == (date(2026, 3, 6), date(2026, 3, 6))
    assert (day_there, utc_day_there) == (date(2026, 3, 5), date(2026, 3, 6))
    assert moment == moment_there


def test_it_is_still_shown_after_a_restart(
    server: SnowflakeServer, admin: SnowflakeConnection, world: World
) -> None:
    server.serve_usage(world, as_of=LATER)
    before = count(admin)

    server.kill()
    server.start()

    parameters = server.parameters(user="ADMIN", role="ACCOUNTADMIN", warehouse="WH")
    with snowflake.connector.connect(**parameters) as connection:
        assert count(connection) == before
