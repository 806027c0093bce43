"""Runs are killed where it hurts most. The next one brings what is true: no more, no less."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

import duckdb

from flows.land import land
from flows.prune import old_raw_files, prune_raw
from flows.session import now
from tests.flows.batches import query
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.simulators.process import Simulator

ROOT = Path(__file__).resolve().parents[2]
# One landing takes so many statements; each is a place to die at.
POINTS = [
    "before the lake",
    "after the lake",
    *(f"after statement {number}" for number in (5, 9, 10, 14)),
    "before the commit",
    "after the commit",
]
VERSIONS = "select record_key, payload from raw.prohandel__sale order by all"


def kill_at(point: str, desk: Desk, *, portal: FakePortal, home: Path) -> int:
    """Start a run that dies at this point, and give how it ended."""
    portal.add(desk)
    told = {
        "portal": portal.url,
        "home": str(home),
        "connection": desk.connection["code"],
        "point": point,
    }
    command = [sys.executable, "-m", "tests.flows.dying_run", json.dumps(told)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def file_of(desk: Desk, home: Path) -> Path:
    return home / "warehouse" / str(desk.tenant["code"]) / "warehouse.duckdb"


def recover(desk: Desk, home: Path) -> None:
    """Open the file for writing once, as every run does: what was not committed is undone."""
    with duckdb.connect(str(file_of(desk, home))):
        pass


def assert_consistent(desk: Desk, home: Path) -> None:
    """What must be true at every moment, whoever died before."""
    recover(desk, home)
    file = file_of(desk, home)
    accounted = "select coalesce(sum(new + changed), 0) from raw.batches"
    assert query(file, accounted) == query(file, "select count(*) from raw.prohandel__sale")
    newest = query(file, "select max(changed_at) from raw.prohandel__sale")
    assert query(file, "select max(bookmark) from raw.bookmarks") == newest
    assert query(file, "select count(*) from raw.prohandel__sale__current") == query(
        file, "select count(distinct record_key) from raw.prohandel__sale"
    )
    for (key,) in query(file, "select file from raw.batches where file is not null"):
        assert (home / "lake" / key).is_file()


def test_a_run_may_die_anywhere_and_the_next_one_brings_the_truth(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    unlucky = desk_of(ALICES, till, streams=["sale"])
    ends = []
    for point in POINTS:
        ends.append(kill_at(point, unlucky, portal=portal, home=tmp_path))
        assert_consistent(unlucky, tmp_path)
    with session_of(unlucky, portal=portal, home=tmp_path) as session:
        last = land("sale", session)

    lucky = desk_of(ALICES, till, streams=["sale"])
    with session_of(lucky, portal=portal, home=tmp_path) as session:
        clean = land("sale", session)

    assert set(ends) == {-signal.SIGKILL}
    assert clean.landed is not None
    assert last.landed is not None
    # Only the run that died after its commit has landed anything.
    assert not last.landed.brought_something
    assert query(file_of(unlucky, tmp_path), VERSIONS) == query(file_of(lucky, tmp_path), VERSIONS)
    assert query(
        file_of(unlucky, tmp_path), "select count(*), sum(new) from raw.batches where new > 0"
    ) == [(1, clean.landed.new)]


def test_an_increment_that_died_is_read_again(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    unlucky, lucky = (desk_of(ALICES, till, streams=["sale"]) for _ in range(2))
    for desk in (unlucky, lucky):
        with session_of(desk, portal=portal, home=tmp_path) as session:
            land("sale", session)
    till.advance(days=1, company=ALICES.name)

    for point in ("after the lake", "before the commit"):
        kill_at(point, unlucky, portal=portal, home=tmp_path)
        assert_consistent(unlucky, tmp_path)
    for desk in (unlucky, lucky):
        with session_of(desk, portal=portal, home=tmp_path) as session:
            land("sale", session)

    assert query(file_of(unlucky, tmp_path), VERSIONS) == query(file_of(lucky, tmp_path), VERSIONS)


def test_what_a_dead_run_left_in_the_lake_is_pruned_after_the_next_landing(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["sale"])
    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("sale", session)
    till.advance(days=1, company=ALICES.name)
    kill_at("after the lake", desk, portal=portal, home=tmp_path)
    tomorrow = now().astimezone(UTC) + timedelta(days=1, minutes=1)
    with session_of(desk, portal=portal, home=tmp_path) as session:
        tenant = desk.tenant["code"]
        with session.warehouses.open(session.job.tenant) as warehouse:
            before = warehouse.ledger()
        keys = old_raw_files(session.lake, tenant=tenant, at=tomorrow)
        kept = prune_raw(session.lake, keys=keys, ledger=before)

        land("sale", session)

        with session.warehouses.open(session.job.tenant) as warehouse:
            after = warehouse.ledger()
        removed = prune_raw(session.lake, keys=keys, ledger=after)
        left = [file.key for file in session.lake.files(f"{tenant}/raw")]
    assert len(keys) == 2
    assert kept == []
    assert removed == keys[1:]
    assert left == [line.file for line in after]
