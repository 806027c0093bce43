"""A tenant moves to another engine and back: every row, every figure, and where it had come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.move import MoveRefused, move
from flows.portal import TenantPlace
from flows.warehouse.snowflake_moves import SnowflakeMoves
from tests.flows.engines import environment_of, make_schemas
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.publications import copy_of, revenue
from tests.flows.shop import ALICES, desk_of, settings_of
from tests.flows.watching import Watched, watch
from tests.simulators.process import Simulator
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture
def on_snowflake(
    snowflake: SnowflakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SnowflakeServer:
    for name, value in environment_of(snowflake, tmp_path).items():
        monkeypatch.setenv(name, value)
    return snowflake


def place_of(desk: Desk, slug: str) -> TenantPlace:
    desk.tenant["slug"] = slug
    return TenantPlace(code=desk.tenant["code"], slug=slug, engine="DUCKDB")


def test_a_tenant_moves_to_snowflake_and_back(
    synced: Watched,
    portal: FakePortal,
    on_snowflake: SnowflakeServer,
    tmp_path: Path,
) -> None:
    desk, home = copy_of(synced, tmp_path)
    tenant, settings = place_of(desk, "mover"), settings_of(home, portal)
    make_schemas(on_snowflake, "mover")
    watch(desk, portal=portal, home=home)  # days may have passed at the till since then
    before = revenue(desk, home)

    there = move(tenant, to="SNOWFLAKE", settings=settings)

    assert all(each.is_equal for each in there)
    names = {each.name for each in there}
    assert {"raw.prohandel__sale", "raw.bookmarks", "raw.batches", "daily_sales_summary"} <= names
    # A run there goes on where the last one had come to.
    desk.tenant["engine"] = "SNOWFLAKE"
    moved = watch(desk, portal=portal, home=home)
    assert moved.end["status"] == synced.end["status"]
    assert sum(each["new"] + each["changed"] for each in moved.streams.values()) == 0
    assert revenue(desk, home) == before

    back = move(replace(tenant, engine="SNOWFLAKE"), to="DUCKDB", settings=settings)

    assert {each.name for each in back} == names
    assert all(each.is_equal for each in back)


def test_what_differs_keeps_the_tenant_where_it_is(
    synced: Watched,
    portal: FakePortal,
    on_snowflake: SnowflakeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, home = copy_of(synced, tmp_path)
    make_schemas(on_snowflake, "unlucky-mover")
    whole = SnowflakeMoves.copy_in

    def lossy(self: SnowflakeMoves, table: str, **told: object) -> None:
        whole(self, table, **told)  # type: ignore[arg-type]
        if table == "prohandel__sale":
            self._loader().run(
                "delete from prohandel__sale where record_key ="
                " (select max(record_key) from prohandel__sale)"
            )

    monkeypatch.setattr(SnowflakeMoves, "copy_in", lossy)

    with pytest.raises(MoveRefused, match=r"^raw\.prohandel__sale differ after the move"):
        move(place_of(desk, "unlucky-mover"), to="SNOWFLAKE", settings=settings_of(home, portal))


def test_a_tenant_without_data_has_nothing_to_move(
    portal: FakePortal, till: Simulator, on_snowflake: SnowflakeServer, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till)

    with pytest.raises(MoveRefused, match=r"no data yet\. Let its first run end"):
        move(place_of(desk, "newcomer"), to="SNOWFLAKE", settings=settings_of(tmp_path, portal))
