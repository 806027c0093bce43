"""A run that is killed cannot report its end: it is found in Prefect, and nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Retailer
from tests.journeys.figures import Api, Publication, published, true
from tests.journeys.watching import runs_of
from tests.processes import Platform
from tests.simulators.process import Simulator

SECONDS = 90.0


@pytest.fixture(scope="module")
def dead(charlie: Retailer, platform: Platform, till: Simulator) -> dict[str, Any]:
    """A run of Charlie's whose process is killed while it reads, as the portal then knows it."""
    till.advance(days=1, company=charlie.company.name)
    platform.manage("run", charlie.path)
    _wait(lambda: runs_of(platform, charlie.path)[0]["status"] == "RUNNING")
    for process in _flow_runs_of(platform.home):
        os.kill(process, signal.SIGKILL)
    _wait(lambda: _settled(platform, charlie))
    return runs_of(platform, charlie.path)[0]


def _settled(platform: Platform, retailer: Retailer) -> bool:
    platform.manage("apply")
    return bool(runs_of(platform, retailer.path)[0]["status"] == "CRASHED")


def _flow_runs_of(home: Path) -> list[int]:
    """The processes that run flows of this platform, and of no other on this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            told = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"flows.warm" in words and f"MERCURIOS_HOME={home}".encode() in told:
            found.append(int(process.name))
    assert found, "no flow run is going on"
    return found


def _wait(is_so: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not after {SECONDS:.0f} s"
        time.sleep(0.2)


def test_a_killed_run_is_marked_as_crashed_and_says_who_acts(dead: dict[str, Any]) -> None:
    assert dead["status"] == "CRASHED"
    assert dead["message"]


def test_the_run_after_it_brings_everything_exactly_once(
    dead: dict[str, Any], charlie: Retailer, platform: Platform, api: Api, till: Simulator
) -> None:
    run = platform.manage_json("run", charlie.path, "--wait")

    assert run["status"] == "COMPLETED"
    assert published(Publication(api, charlie.slug)) == true(till.truth(charlie.company.name))
