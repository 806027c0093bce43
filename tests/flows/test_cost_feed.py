"""Reading what the account was used for: through the real connector, into a real lake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.costs.feed import Fed, UsageRefused, read_usage, usage_reader
from flows.costs.usage_files import PLATFORM_CODE, days_read, newest, put
from flows.costs.views import SNOWFLAKE_VIEWS
from flows.lake.lake import LakeUnavailable
from flows.lake.local import LocalLake
from flows.provision.account import PrivilegeMissing
from flows.references import secret_at
from flows.settings import SettingMissing
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.warehouse import WarehouseRefused
from tests.flows.accounts import AccountDesk, account_desk
from tests.simulators.snowflake.usage.world import World, make_world, retailers

# In it America's clocks go forward, and Europe's do not.
FIRST = date(2026, 3, 4)
LAST = date(2026, 3, 11)
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
LATER = datetime(2026, 4, 1, tzinfo=UTC)
EVENING = datetime(2026, 3, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    file = tmp_path_factory.mktemp("world") / "world.duckdb"
    return make_world(file, first=FIRST, days=8, tenants=retailers(5), queries=3000)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountDesk]:
    with account_desk(tmp_path_factory.mktemp("account")) as found:
        yield found


@pytest.fixture
def reader(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[SnowflakeConnection]:
    for name, value in desk.environment().items():
        monkeypatch.setenv(name, value)
    secret_at.cache_clear()
    with usage_reader() as found:
        yield found


class Office:
    """Where one test reads: a lake and a folder of its own."""

    def __init__(self, folder: Path, reader: SnowflakeConnection) -> None:
        self.lake, self.work, self.reader = LocalLake(folder / "lake"), folder / "work", reader
        self.root = folder / "lake"

    def read(self, now: datetime, *, days: int = 8) -> Fed:
        return read_usage(self.reader, self.lake, folder=self.work, now=now, days=days)

    def rows(self, view: str, first: date = FIRST, last: date = LAST) -> str:
        """The newest readings of some days, as something to select from."""
        files = [str(self.root / key) for key in newest(self.lake, view, first, last)]
        return f"read_parquet({files})"

    def files(self) -> dict[str, bytes]:
        return {
            file.key: (self.root / file.key).read_bytes() for file in self.lake.files(PLATFORM_CODE)
        }


@pytest.fixture
def office(tmp_path: Path, reader: SnowflakeConnection) -> Office:
    (tmp_path / "lake" / PLATFORM_CODE).mkdir(parents=True)
    return Office(tmp_path, reader)


def ask(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return list(db.execute(sql).fetchall())


def differences(one: str, other: str) -> int:
    return len(
        ask(f"(from {one} except all from {other}) union all (from {other} except all from {one})")
    )


def test_every_row_arrives_once_and_as_it_is(
    desk: AccountDesk, world: World, office: Office, tmp_path: Path
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    truth = world.write_usage(tmp_path / "truth")

    fed = office.read(EVENING)

    assert (fed.missing, fed.days) == ({}, {FIRST + timedelta(days=n) for n in range(8)})
    for view in set(SNOWFLAKE_VIEWS) - {"table_storage_metrics"}:
        expected = f"read_parquet('{truth / view}/*/*.parquet')"
        assert differences(office.rows(view), expected) == 0, view


@pytest.mark.nightly
def test_thirty_days_of_two_hundred_tenants_arrive(
    desk: AccountDesk, office: Office, tmp_path: Path
) -> None:
    whole = make_world(tmp_path / "whole.duckdb", first=FIRST)
    desk.server.serve_usage(whole, as_of=LATER + timedelta(days=30))

    fed = office.read(datetime(2026, 4, 2, 23, tzinfo=UTC), days=30)

    assert len(fed.days) == 30
    queries = office.rows("query_history", FIRST, whole.end)
    [(count, distinct, tenants)] = ask(
        "select count(*), count(distinct query_id),"
        f" count(distinct try_cast(query_tag as json) ->> 't') from {queries}"
    )
    assert (count, tenants) == (distinct, 200)
    assert [(count,)] == whole.rows("select count(*) from truth.queries")
    assert count >= 149_000
    daily = office.rows("metering_daily_history", FIRST, whole.end)
    billed = ask(f"select usage_date, service_type, credits_billed from {daily}")
    assert {(day, service): credits for day, service, credits in billed} == whole.billed()


def test_the_first_reading_goes_back_as_far_as_it_is_told(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)

    office.read(EVENING, days=3)

    for view in set(SNOWFLAKE_VIEWS) - {"table_storage_metrics"}:
        assert days_read(office.lake, view) == [date(2026, 3, day) for day in (9, 10, 11)]
    assert days_read(office.lake, "table_storage_metrics") == [LAST]


def test_another_reading_asks_for_the_last_days_only_and_keeps_what_is_as_it_was(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=EVENING)
    office.read(EVENING)
    before = office.files()
    desk.server.clear_ledger()

    fed = office.read(EVENING + timedelta(minutes=5))

    asked = [str(line["sql"]) for line in desk.server.ledger()]
    assert len(asked) == len(SNOWFLAKE_VIEWS)
    [queries] = [sql for sql in asked if "QUERY_HISTORY" in sql]
    assert "START_TIME >= '2026-03-08 00:00:00 +0000'" in queries
    [rates] = [sql for sql in asked if "RATE_SHEET" in sql]
    assert "DATE >= '2026-03-04'" in rates  # they may change until their month is closed
    assert (fed.files, fed.days) == ([], set())
    assert office.files() == before


def test_after_days_without_a_reading_none_is_left_out(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    office.read(datetime(2026, 3, 6, 12, tzinfo=UTC), days=2)

    office.read(EVENING, days=2)

    assert days_read(office.lake, "query_history") == [date(2026, 3, day) for day in range(5, 12)]


def test_late_rows_make_a_new_reading_of_their_day_beside_the_old_one(
    desk: AccountDesk, world: World, office: Office, tmp_path: Path
) -> None:
    desk.server.serve_usage(world, as_of=NOON)
    office.read(NOON)
    before = office.files()
    seen = ask(f"select count(*) from {office.rows('query_attribution_history')}")
    desk.server.serve_usage(world, as_of=LATER)

    fed = office.read(EVENING)

    after = office.files()
    assert {key: after[key] for key in before} == before
    assert LAST in fed.days
    assert ask(f"select count(*) from {office.rows('query_attribution_history')}") > seen
    truth = world.write_usage(tmp_path / "truth")
    for view in ("query_attribution_history", "warehouse_metering_history", "query_history"):
        expected = f"read_parquet('{truth / view}/*/*.parquet')"
        assert differences(office.rows(view), expected) == 0, view


def test_rows_that_are_gone_are_gone_from_the_next_reading(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    office.read(NOON)
    desk.server.serve_usage(world, as_of=datetime(2026, 3, 11, tzinfo=UTC))

    office.read(EVENING)

    assert ask(f"select count(*) from {office.rows('query_history', LAST, LAST)}") == [(0,)]


def test_a_day_without_rows_has_a_file_with_the_columns(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)

    office.read(datetime(2026, 5, 1, tzinfo=UTC), days=1)

    for name, view in SNOWFLAKE_VIEWS.items():
        rows = office.rows(name, date(2026, 5, 1), date(2026, 5, 1))
        found = ask(f"describe from {rows}")
        assert {str(line[0]): str(line[1]).lower() for line in found} == dict(view.columns)
        assert ask(f"select count(*) from {rows}") == [(0,)]


def test_a_query_that_is_shown_twice_is_kept_once(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    shown = office.reader.rows("select count(*) from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY")

    office.read(EVENING)

    kept = ask(f"select count(*) from {office.rows('query_history')}")
    assert shown > kept == world.rows("select count(*) from truth.queries")


def test_prices_of_another_account_and_what_is_given_back_are_left_out(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)

    office.read(EVENING)

    rates = office.rows("rate_sheet_daily")
    assert ask(f"select distinct account_name from {rates}") == [("FAKESNOW",)]
    assert ask(f"select date from {rates} group by date, usage_type having count(*) > 1") == []


def test_views_that_an_account_lacks_are_told_and_left_out(
    desk: AccountDesk, world: World, office: Office
) -> None:
    lacking = ("rate_sheet_daily", "query_attribution_history")
    desk.server.serve_usage(world, as_of=LATER, without=lacking)

    fed = office.read(EVENING)

    assert set(fed.missing) == set(lacking)
    assert fed.missing["rate_sheet_daily"] == (
        "The account does not show SNOWFLAKE.ORGANIZATION_USAGE.RATE_SHEET_DAILY to"
        " MERCURIOS_ADMIN; the ledger does without it."
    )
    assert days_read(office.lake, "rate_sheet_daily") == []
    assert len(days_read(office.lake, "query_history")) == 8


def test_without_the_privilege_it_says_who_has_to_grant_it(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    desk.run("revoke imported privileges on database SNOWFLAKE from role MERCURIOS_ADMIN")

    try:
        with pytest.raises(UsageRefused) as refused:
            office.read(EVENING)
    finally:
        desk.run("grant imported privileges on database SNOWFLAKE to role MERCURIOS_ADMIN")

    assert str(refused.value) == (
        "Snowflake does not let MERCURIOS_ADMIN read"
        " SNOWFLAKE.ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY. An administrator of the account has"
        " to run `GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE MERCURIOS_ADMIN`."
    )
    assert office.files() == {}


def test_without_its_warehouse_it_says_who_has_to_act(desk: AccountDesk, office: Office) -> None:
    usage = "usage on warehouse MERCURIOS_TASK_WH"
    desk.run(f"revoke {usage} from role MERCURIOS_ADMIN")

    try:
        with pytest.raises(PrivilegeMissing, match="An administrator"), usage_reader() as another:
            read_usage(another, office.lake, folder=office.work, now=EVENING)
    finally:
        desk.run(f"grant {usage} to role MERCURIOS_ADMIN")


def test_without_its_key_it_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERCURIOS_SNOWFLAKE_ADMIN_USER", raising=False)

    with pytest.raises(SettingMissing, match="MERCURIOS_SNOWFLAKE_ADMIN_USER"), usage_reader():
        pass


def test_a_session_in_another_time_zone_reads_the_same_days(
    desk: AccountDesk, world: World, reader: SnowflakeConnection, office: Office, tmp_path: Path
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    office.read(EVENING)
    elsewhere = Office(tmp_path / "elsewhere", reader)
    reader.run("alter session set timezone = 'America/New_York'")
    told = reader.rows(
        "select to_date(min(START_TIME)) from SNOWFLAKE.ACCOUNT_USAGE.METERING_HISTORY"
    )

    elsewhere.read(EVENING)

    assert told == [(FIRST - timedelta(days=1),)]  # as it is called over there
    assert elsewhere.files() == office.files()


@pytest.mark.parametrize("at", [0, 1, 23])
def test_each_moment_is_of_its_utc_day(
    desk: AccountDesk, world: World, office: Office, at: int
) -> None:
    desk.server.serve_usage(world, as_of=LATER)

    fed = office.read(datetime(2026, 3, 9, at, 30, tzinfo=UTC), days=2)

    assert fed.days == {date(2026, 3, 8), date(2026, 3, 9)}
    for key in newest(office.lake, "metering_history", FIRST, LAST):
        days = ask(f"select distinct start_time::date from read_parquet('{office.root / key}')")
        assert days == [(date.fromisoformat(key.split("/")[-2]),)]


class FullLake(LocalLake):
    left = 5  # files that it takes

    def put(self, *, source: Path, key: str) -> None:
        if not self.left:
            raise LakeUnavailable("The lake does not answer.")
        self.left -= 1
        super().put(source=source, key=key)


def test_a_reading_that_dies_leaves_nothing_half_and_is_made_up_for(
    desk: AccountDesk, world: World, office: Office, tmp_path: Path
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    full = FullLake(office.root)

    with pytest.raises(LakeUnavailable):
        read_usage(office.reader, full, folder=office.work, now=NOON, days=8)

    assert days_read(office.lake, "warehouse_metering_history") == [
        FIRST + timedelta(days=n) for n in range(5)
    ]
    assert list(office.work.iterdir()) == []
    office.read(EVENING)
    truth = world.write_usage(tmp_path / "truth")
    for view in ("warehouse_metering_history", "query_history"):
        expected = f"read_parquet('{truth / view}/*/*.parquet')"
        assert differences(office.rows(view), expected) == 0, view


def test_what_snowflake_refuses_for_another_reason_is_no_missing_view(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    desk.server.fault("refuse", "RATE_SHEET_DAILY")

    with pytest.raises(WarehouseRefused, match="error 603"):
        office.read(EVENING)

    assert days_read(office.lake, "rate_sheet_daily") == []
    assert len(days_read(office.lake, "query_history")) == 8


def test_one_reading_wakes_one_warehouse_once(
    desk: AccountDesk, world: World, office: Office
) -> None:
    desk.server.serve_usage(world, as_of=LATER)
    desk.server.rest()
    before = len(desk.server.wakes())

    office.read(EVENING)

    assert [name for name, _ in desk.server.wakes()[before:]] == ["MERCURIOS_TASK_WH"]
    assert [line["user"] for line in desk.server.sessions()] == ["ADMIN"]


def test_the_newest_reading_of_each_day_counts(tmp_path: Path) -> None:
    lake, file = LocalLake(tmp_path / "lake"), tmp_path / "file"
    file.write_text("rows")
    for day, hour in ((4, 1), (4, 9), (5, 1), (6, 1)):
        at = datetime(2026, 3, 7, hour, tzinfo=UTC)
        put(lake, "query_history", date(2026, 3, day), source=file, at=at)

    found = newest(lake, "query_history", date(2026, 3, 4), date(2026, 3, 5))

    base = f"{PLATFORM_CODE}/raw/usage/query_history"
    assert found == [
        f"{base}/2026-03-04/20260307T090000000000Z.parquet",
        f"{base}/2026-03-05/20260307T010000000000Z.parquet",
    ]
    assert newest(lake, "metering_history", date(2026, 3, 4), date(2026, 3, 5)) == []
