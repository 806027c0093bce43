"""The simulated account's use agrees with itself, as a real account's does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.costs.views import SNOWFLAKE_VIEWS
from tests.simulators.snowflake.usage.world import World, make_world, retailers

FIRST = date(2026, 3, 15)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    file = tmp_path_factory.mktemp("world") / "world.duckdb"
    return make_world(file, first=FIRST, days=30, tenants=retailers(40), queries=40_000)


def small(folder: Path, name: str = "small", **more: Any) -> World:
    tenants = retailers(3)
    return make_world(folder / name, first=FIRST, days=6, tenants=tenants, queries=2000, **more)


def test_a_seed_is_a_world(tmp_path: Path) -> None:
    one, same, other = (
        small(tmp_path, str(place), seed=seed) for place, seed in enumerate((1, 1, 2))
    )

    assert one.billed() == same.billed() != other.billed()
    query = "select * from usage.query_history order by query_id"
    assert one.rows(query) == same.rows(query)
    assert (one.name == same.name, one.name == other.name) == (True, False)


def test_nothing_is_outside_its_days(world: World) -> None:
    for name, view in SNOWFLAKE_VIEWS.items():
        if view.day:
            [(first, last)] = world.rows(f"select min(day), max(day) from usage.{name}")
            assert FIRST <= first <= last < world.end, name
    assert world.rows("select max(sleep_ms) < getvariable('end_ms') from truth.awake") == [(True,)]


def test_every_day_and_every_retailer_has_queries(world: World) -> None:
    days = world.rows("select day, count(*) from usage.query_history group by day")
    tenants = world.rows(
        "select distinct try_cast(query_tag as json) ->> 't' from usage.query_history"
        " where role_name like 'MERCURIOS%' and query_tag like '{\"t%'"
    )

    assert len(days) == 30
    assert {code for (code,) in tenants} == {each.code for each in world.tenants}


def test_the_bill_is_what_was_metered_less_a_tenth_of_the_compute(world: World) -> None:
    wrong = world.rows(
        "with hours as (select day, service_type, sum(credits_used) as used,"
        "   sum(credits_used_cloud_services) as cloud from usage.metering_history group by all),"
        " compute as (select day, sum(credits_used_compute) as used"
        "   from usage.warehouse_metering_history where visible_until is null group by day)"
        " select * from usage.metering_daily_history as d full join hours using (day, service_type)"
        " left join compute using (day)"
        " where (d.credits_billed = hours.used + d.credits_adjustment_cloud_services) is not true"
        "  or (d.service_type = 'WAREHOUSE_METERING' and -d.credits_adjustment_cloud_services"
        "      <> trunc(least(compute.used / 10, hours.cloud), 9))"
    )

    assert wrong == []


def test_cloud_services_cost_on_some_days_and_not_on_others(world: World) -> None:
    paid = world.rows(
        "select distinct credits_used_cloud_services + credits_adjustment_cloud_services > 0"
        " from usage.metering_daily_history where service_type = 'WAREHOUSE_METERING'"
    )
    assert sorted(paid) == [(False,), (True,)]


def test_cloud_services_of_queries_are_those_of_the_hours(world: World) -> None:
    sums = (
        "select sum(nanos) from truth.cloud union all"
        " select sum(credits_used_cloud_services) * 1e9 from usage.warehouse_metering_history"
        " where visible_until is null"
    )
    of_queries, of_hours = world.rows(sums)
    assert of_queries == of_hours


def test_a_warehouse_costs_while_it_is_awake_and_is_awake_while_it_works(world: World) -> None:
    asleep = world.rows(
        "select q.query_id from usage.query_history as q where warehouse_id is not null and not"
        " exists (from truth.awake as a where a.warehouse = q.warehouse_id"
        "  and a.cluster_number = coalesce(q.cluster_number, 1)"
        "  and moment(a.start_ms) <= q.start_time and q.end_time < moment(a.sleep_ms))"
    )
    wrong = world.rows(
        "select * from truth.warehouse_hours where up_ms <= 0 or up_ms > clusters * 3600000"
    )
    assert (asleep, wrong) == ([], [])


def test_some_hours_have_several_clusters_and_some_no_query_at_all(world: World) -> None:
    several = world.rows("select count(*) from truth.warehouse_hours where clusters > 1")
    without = world.rows(
        "select count(*) from truth.warehouse_hours as h where not exists (from truth.queries as q"
        " where q.warehouse = h.warehouse and q.end_ms > h.hour_ms"
        " and q.start_ms < h.hour_ms + 3600000)"
    )
    assert several > [(20,)]
    assert without > [(2,)]


def test_what_queries_used_is_a_part_of_what_the_warehouse_cost(world: World) -> None:
    wrong = world.rows(
        "with used as (select warehouse_id, sum(credits_attributed_compute) as credits"
        "   from usage.query_attribution_history group by all)"
        " select * from used join (select warehouse_id, sum(credits_used_compute) as metered"
        "   from usage.warehouse_metering_history where visible_until is null group by all)"
        " using (warehouse_id) where credits <= 0 or credits > metered"
    )
    assert wrong == []


def test_short_queries_and_calls_have_no_part_of_their_own(world: World) -> None:
    missing = world.rows(
        "select distinct query_type = 'CALL' or warehouse_id is null or execution_time < 100"
        " from usage.query_history where query_id not in"
        " (select query_id from usage.query_attribution_history)"
    )
    other = world.rows(
        "select count(*) from usage.query_attribution_history join usage.query_history as q"
        " using (query_id) where q.query_type = 'CALL' or q.execution_time < 100"
    )
    assert (missing, other) == ([(True,)], [(0,)])


def test_children_have_no_tag_and_run_inside_their_call(world: World) -> None:
    [(count, inside, tagged)] = world.rows(
        "select count(*), count(*) filter (where child.start_time >= parent.start_time"
        "  and child.end_time <= parent.end_time), count(child.query_tag)"
        " from usage.query_attribution_history as child join usage.query_history as parent"
        " on parent.query_id = child.root_query_id and parent.query_type = 'CALL'"
    )
    assert count > 100
    assert (inside, tagged) == (count, 0)


def test_other_services_agree_with_what_is_behind_them(world: World) -> None:
    tasks, acceleration = (
        world.rows(
            f"select sum(credits_used) from usage.metering_history where service_type = '{service}'"
        )
        for service in ("SERVERLESS_TASK", "QUERY_ACCELERATION")
    )

    assert tasks == world.rows("select sum(credits_used) from usage.serverless_task_history")
    [(used,)] = world.rows(
        "select sum(credits_used_query_acceleration) from usage.query_attribution_history"
    )
    assert float(acceleration[0][0]) == pytest.approx(used)
    unknown = world.rows(
        "select * from usage.metering_history where service_type = 'AUTO_CLUSTERING'"
        " and entity_id not in (select id from usage.table_storage_metrics)"
    )
    assert unknown == []


def test_a_database_holds_its_tables(world: World) -> None:
    wrong = world.rows(
        "select * from usage.database_storage_usage_history as d join"
        " (select day, table_catalog, sum(active_bytes) as bytes from usage.table_storage_metrics"
        "  group by all) as t on t.day = d.day and t.table_catalog = d.database_name"
        " where d.average_database_bytes < t.bytes"
    )
    assert wrong == []


def test_a_tag_is_ours_or_is_left_to_others(world: World) -> None:
    tags = {tag for (tag,) in world.rows("select distinct query_tag from usage.query_history")}

    assert {None, "", "{broken", "[1]"} < tags


def test_cloud_services_may_be_a_service_of_their_own(tmp_path: Path) -> None:
    together, apart = small(tmp_path), small(tmp_path, "apart", cloud_services_apart=True)

    assert "CLOUD_SERVICES" in {service for _, service in apart.billed()}
    assert "CLOUD_SERVICES" not in {service for _, service in together.billed()}
    assert sum(apart.billed().values()) == sum(together.billed().values())


def test_without_a_rate_sheet_there_are_no_rates(tmp_path: Path) -> None:
    assert small(tmp_path, has_rates=False).rows("from usage.rate_sheet_daily") == []


def test_late_rows_are_seen_late_and_hours_change(tmp_path: Path) -> None:
    world = small(tmp_path)
    moments = [datetime(2026, 3, 18, hour, tzinfo=UTC) for hour in (6, 12)]
    counts = []
    for moment in moments:
        folder = world.write_usage(tmp_path / str(moment.hour), as_of=moment)
        with duckdb.connect() as db:
            counts.append(
                {
                    view: db.execute(f"from read_parquet('{folder}/{view}/*/*.parquet')").fetchall()
                    for view in ("query_history", "warehouse_metering_history")
                }
            )

    early, late = counts
    assert set(early["query_history"]) < set(late["query_history"])
    changed = set(early["warehouse_metering_history"]) - set(late["warehouse_metering_history"])
    assert changed  # cloud services come after the hour itself
    assert {row[6] for row in changed} == {0}


def test_a_day_is_written_with_the_types_of_the_views(tmp_path: Path) -> None:
    folder = small(tmp_path).write_usage(tmp_path / "usage")

    for name, view in SNOWFLAKE_VIEWS.items():
        files = sorted((folder / name).glob("*/*.parquet"))
        assert [file.parent.name for file in files] == [f"2026-03-{day}" for day in range(15, 21)]
        with duckdb.connect() as db:
            found = db.execute(f"describe from read_parquet('{files[0]}')").fetchall()
        assert {line[0]: line[1].lower() for line in found} == dict(view.columns)
