"""Two runs of one tenant: one builds, the other waits, and says so if it waits for too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from flows.dbt import Node, build
from flows.session import Session, now
from flows.transform import Work, transform_all, work_to_do
from flows.warehouse.duckdb_turn import FileTurn
from flows.warehouse.warehouse import WarehouseBusy
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.publications import copy_of, lake_of
from tests.flows.shop import session_of
from tests.flows.test_warehouse_files import hold
from tests.flows.watching import Watched


@pytest.fixture
def session(synced: Watched, portal: FakePortal, tmp_path: Path) -> Iterator[Session]:
    """A new run after the first publication, on a copy."""
    desk, home = copy_of(synced, tmp_path)
    with session_of(desk, portal=portal, home=home) as begun:
        yield begun


def turn_file(desk: Desk, home: Path) -> Path:
    return home / "warehouse" / str(desk.tenant["code"]) / "turn.lock"


def test_one_run_of_a_tenant_at_a_time_builds(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    (lake_of(desk, home) / "publications/current.json").unlink()
    with session_of(desk, portal=portal, home=home) as first:
        work_to_do(first)
        with session_of(desk, portal=portal, home=home) as second:
            second.turn = FileTurn(turn_file(desk, home), wait_seconds=0)
            with pytest.raises(WarehouseBusy, match="Start this one again"):
                work_to_do(second)

    with session_of(desk, portal=portal, home=home) as third:
        third.turn = FileTurn(turn_file(desk, home), wait_seconds=0)
        work_to_do(third)


def test_a_warehouse_that_another_process_holds_is_busy_to_dbt(session: Session) -> None:
    environment = session.warehouses.dbt_environment(session.job.tenant)
    tables = ["prohandel__country"]

    with hold(Path(environment["MERCURIOS_WAREHOUSE_FILE"]), 600) as other:
        try:
            with pytest.raises(WarehouseBusy, match="Start this one again"):
                build(
                    environment=environment,
                    folder=session.dbt_folder,
                    connectors=["prohandel"],
                    tables=tables,
                    full_refresh=False,
                )
        finally:
            other.kill()


@pytest.mark.parametrize(("collisions", "builds"), [(2, True), (3, False)])
def test_a_landing_in_the_way_of_dbt_is_waited_for(
    session: Session, monkeypatch: pytest.MonkeyPatch, collisions: int, builds: bool
) -> None:
    work = Work(tables=["prohandel__country"], full_refresh=False, landed_through=now())
    left = [WarehouseBusy("held")] * collisions

    def busy_at_first(**_: object) -> list[Node]:
        if left:
            raise left.pop()
        return []

    monkeypatch.setattr("flows.transform.build", busy_at_first)

    with nullcontext() if builds else pytest.raises(WarehouseBusy):
        assert transform_all(work, session) == []

    assert left == []
