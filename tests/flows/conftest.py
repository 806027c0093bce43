"""What the tests of the flows share: a portal, a till, and one platform that has synchronised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

from tests.flows.engines import OnDuckDB, OnSnowflake, Place
from tests.flows.fake_portal import FakePortal
from tests.flows.shop import ALICES, CHARLIES, desk_of
from tests.flows.watching import Watched, watch
from tests.simulators.process import Simulator
from tests.simulators.snowflake.process import SnowflakeServer
from tests.warm import warm_server


@pytest.fixture(scope="session", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Builds do not import dbt anew."""
    socket = tmp_path_factory.mktemp("warm") / "warm.sock"
    with warm_server(socket, "dbt.adapters.snowflake"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MERCURIOS_WARM_SOCKET", str(socket))
        yield


@pytest.fixture(scope="session")
def portal() -> Iterator[FakePortal]:
    with FakePortal() as running:
        yield running


@pytest.fixture(scope="session")
def till() -> Iterator[Simulator]:
    """Charlie's key may not read vouchers. Days pass for one company at a time."""
    with Simulator(ALICES, CHARLIES, options=["--forbid", "charlies:voucher"]) as running:
        yield running


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    folder = tmp_path_factory.mktemp("snowflake")
    with SnowflakeServer(folder, options=["--lock-seconds", "4"]) as running:
        yield running


@pytest.fixture(params=["duckdb", "snowflake"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Alice's warehouse, on one engine and on the other."""
    if request.param == "duckdb":
        yield OnDuckDB(tmp_path)
    else:
        found = OnSnowflake(request.getfixturevalue("snowflake"), tmp_path)
        yield found
        found.warehouses.close()


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def synced(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Watched:
    """Charlie's first run, of every stream. It is built once for all; copy what you change."""
    desk = desk_of(CHARLIES, till)
    watched = watch(desk, portal=portal, home=tmp_path_factory.mktemp("home"))
    return replace(watched, truth=till.truth(CHARLIES.name))
