"""Runs are killed between PUT, COPY and COMMIT. The next one brings what is true, there too."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from flows.land import land
from tests.flows.engines import ask, environment_of, make_schemas, placed
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.flows.test_killed_runs import kill_at
from tests.simulators.process import Simulator
from tests.simulators.snowflake.process import SnowflakeServer

POINTS = [
    "before put",
    "after put",
    "before copy into read_records",
    "after copy into read_records",
    "after insert into classified",
    "after insert into prohandel__sale",
    "after insert into batches",
    "before commit",
    "after commit",
]
VERSIONS = "select record_key, payload from raw.prohandel__sale order by 1, 2"


def on_snowflake(slug: str, till: Simulator, server: SnowflakeServer) -> Desk:
    make_schemas(server, slug)
    tenant = {"slug": slug, "engine": "SNOWFLAKE"}
    return desk_of(ALICES, till, streams=["sale"], tenant=tenant)


def query(desk: Desk, server: SnowflakeServer, statement: str) -> list[tuple[Any, ...]]:
    return ask(server, placed(statement, desk.tenant["slug"]))


def assert_consistent(desk: Desk, server: SnowflakeServer) -> None:
    """What must be true at every moment, whoever died before."""

    def asked(statement: str) -> list[tuple[Any, ...]]:
        return query(desk, server, statement)

    accounted = asked("select coalesce(sum(new + changed), 0) from raw.batches")
    assert accounted == asked("select count(*) from raw.prohandel__sale")
    newest = asked("select max(changed_at) from raw.prohandel__sale")
    assert asked("select max(bookmark) from raw.bookmarks") == newest
    assert asked("select count(*) from raw.prohandel__sale__current") == asked(
        "select count(distinct record_key) from raw.prohandel__sale"
    )


def test_a_run_may_die_anywhere_in_snowflake_and_the_next_one_brings_the_truth(
    portal: FakePortal,
    till: Simulator,
    snowflake: SnowflakeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment_of(snowflake, tmp_path).items():
        monkeypatch.setenv(name, value)
    unlucky = on_snowflake("unlucky", till, snowflake)
    ends = []
    for point in POINTS:
        ends.append(kill_at(point, unlucky, portal=portal, home=tmp_path))
        assert_consistent(unlucky, snowflake)
    with session_of(unlucky, portal=portal, home=tmp_path) as session:
        last = land("sale", session)

    lucky = on_snowflake("lucky", till, snowflake)
    with session_of(lucky, portal=portal, home=tmp_path) as session:
        clean = land("sale", session)

    assert set(ends) == {-signal.SIGKILL}
    assert clean.landed is not None
    assert last.landed is not None
    # Only the run that died after its commit has landed anything.
    assert not last.landed.brought_something
    assert query(unlucky, snowflake, VERSIONS) == query(lucky, snowflake, VERSIONS)
    assert query(
        unlucky, snowflake, "select count(*), sum(new) from raw.batches where new > 0"
    ) == [(1, clean.landed.new)]
