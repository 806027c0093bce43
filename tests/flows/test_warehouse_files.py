"""A tenant's file: whose it is, what is in it from the start, and one process at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.warehouse import WarehouseBusy
from tests.flows.batches import NOON, TENANT, Row, batch_of, file_of, query, warehouse_in

A = Row("1", "A", NOON)


def test_preparing_again_changes_nothing_but_the_tenants_settings(tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
    with warehouse_in(tmp_path, "shop__sale", "shop__branch") as warehouse:
        assert len(warehouse.ledger()) == 1

    assert query(file_of(tmp_path), "select tenant_id, time_zone from raw.tenants") == [
        (TENANT.code, "Europe/Berlin")
    ]
    assert query(file_of(tmp_path), "select count(*) from raw.shop__branch") == [(0,)]


def test_the_ledger_of_a_new_warehouse_is_empty(tmp_path: Path) -> None:
    with DuckDBWarehouses(tmp_path).open(TENANT) as warehouse:
        assert warehouse.ledger() == []


def test_a_table_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="is not the name of a table"),
        warehouse_in(tmp_path, 'sale"; drop schema raw; --'),
    ):
        pass


def test_a_tenant_that_is_no_code_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="UUID"),
        DuckDBWarehouses(tmp_path).open(replace(TENANT, code="../other")),
    ):
        pass


HOLD = """
import duckdb, sys, time
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def hold(file: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that has opened the file."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_warehouse_that_stays_held_is_busy(tmp_path: Path) -> None:
    with warehouse_in(tmp_path):
        pass
    with hold(file_of(tmp_path), 60) as other:
        begun = time.monotonic()

        with (
            pytest.raises(WarehouseBusy, match="Start this one again"),
            DuckDBWarehouses(tmp_path, wait_seconds=0.3).open(TENANT),
        ):
            pass

        assert time.monotonic() - begun >= 0.3
        other.kill()


def test_a_warehouse_that_is_let_go_is_waited_for(tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    with (
        hold(file_of(tmp_path), 0.5),
        DuckDBWarehouses(tmp_path, wait_seconds=30).open(TENANT) as warehouse,
    ):
        assert len(warehouse.ledger()) == 1
