"""The same records give the same tables on DuckDB and in Snowflake's dialect, at every step."""

from __future__ import annotations

import pytest

from tests.transforms.twins import STEPS, Twins, comparable
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_on_snowflake import WarehouseOnSnowflake


@pytest.mark.parametrize("step", STEPS)
def test_every_table_is_the_same_on_both_engines(twins: Twins, step: str) -> None:
    on_duckdb, on_snowflake = twins.steps[step]

    assert on_snowflake.keys() == on_duckdb.keys()
    different = {
        name: (on_duckdb[name], on_snowflake[name])
        for name in on_duckdb
        if on_duckdb[name] != on_snowflake[name]
    }
    assert different == {}


def test_samples_of_every_source_give_the_same_entities(
    samples_landed: WarehouseOf, samples_on_snowflake: WarehouseOnSnowflake
) -> None:
    on_duckdb = comparable(samples_landed.tables("standard"))
    on_snowflake = comparable(samples_on_snowflake.tables("standard"))

    assert on_snowflake.keys() == on_duckdb.keys()
    different = {
        name: [row for row in rows if row not in on_snowflake[name]]
        for name, rows in on_duckdb.items()
        if rows != on_snowflake[name]
    }
    assert different == {}
    assert {"standard.std_tickets", "standard.std_contacts"} <= on_duckdb.keys()


def test_no_table_is_compared_empty(twins: Twins) -> None:
    on_duckdb, _ = twins.steps["full refresh"]

    # A till knows nothing of a service desk; the samples have rows for it.
    desk = ("companies", "contacts", "tickets", "time_entries", "daily_ticket_summary")
    assert [name for name, rows in on_duckdb.items() if not rows and not name.endswith(desk)] == []


def test_building_after_every_landing_gives_what_a_rebuild_gives(twins: Twins) -> None:
    _, grown = twins.steps["landing 2"]

    _, rebuilt = twins.steps["full refresh"]

    assert grown == rebuilt


def test_data_tests_find_the_same(twins: Twins) -> None:
    on_duckdb, on_snowflake = twins.tested

    assert on_snowflake == on_duckdb
    assert "fail" in on_duckdb.values()
