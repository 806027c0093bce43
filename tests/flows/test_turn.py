"""A tenant's turn: held by one, waited for by the next, and let go by the dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.warehouse.duckdb_turn import FileTurn
from flows.warehouse.warehouse import WarehouseBusy

HOLD = """
import sys, time
from pathlib import Path
from flows.warehouse.duckdb_turn import FileTurn
turn = FileTurn(Path(sys.argv[1]))
turn.take()
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""
ROOT = Path(__file__).resolve().parents[2]


def hold(file: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that has the turn."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_turn_that_is_held_is_busy_until_its_holder_dies(tmp_path: Path) -> None:
    file = tmp_path / "dbt" / "tenant.lock"
    with hold(file, 60) as other:
        with pytest.raises(WarehouseBusy, match="Start this one again"):
            FileTurn(file, wait_seconds=0.1).take()
        other.kill()

    survivor = FileTurn(file, wait_seconds=0)
    survivor.take()
    survivor.end()


def test_a_turn_that_ends_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "tenant.lock"

    with hold(file, 0.5):
        patient = FileTurn(file, wait_seconds=30)
        patient.take()
        patient.end()


def test_a_turn_may_be_taken_twice_and_ends_once(tmp_path: Path) -> None:
    file = tmp_path / "tenant.lock"
    mine, next_one = FileTurn(file, wait_seconds=0), FileTurn(file, wait_seconds=0)
    mine.take()
    mine.take()

    mine.end()

    next_one.take()
    next_one.end()


def test_tenants_do_not_wait_for_each_other(tmp_path: Path) -> None:
    alices = FileTurn(tmp_path / "alice.lock", wait_seconds=0)
    charlies = FileTurn(tmp_path / "charlie.lock", wait_seconds=0)

    alices.take()
    charlies.take()

    alices.end()
    charlies.end()
