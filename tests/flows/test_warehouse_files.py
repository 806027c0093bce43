"""A tenant's file: whose it is, what is in it from the start, and one process at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.warehouse import Recipe, WarehouseBusy
from tests.flows import typed_sales
from tests.flows.batches import NOON, TENANT, TILLS, Row, batch_of, file_of, query, warehouse_in
from tests.flows.typed_sales import SALE, sale

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


def test_an_opening_leaves_nothing_to_the_next_one(tmp_path: Path) -> None:
    warehouses = DuckDBWarehouses(tmp_path)
    told = "select current_setting('memory_limit'), current_setting('preserve_insertion_order')"
    with warehouses.open(TENANT) as warehouse:
        fresh = warehouse._rows(told)
        warehouse._db.execute("set memory_limit = '50MB'")
        warehouse._db.execute("set preserve_insertion_order = false")
        warehouse._db.execute("create temp table classified as select 1")
        warehouse._db.begin()
        warehouse._db.execute("create table half (done int)")

    with hold(file_of(tmp_path), 0.1), warehouses.open(TENANT) as warehouse:
        assert warehouse._rows(told) == fresh
        assert warehouse._rows("select table_name from duckdb_tables()") == []
    warehouses.close()


# No file may become larger for a while, as on a disk that is full.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.warehouse import WarehouseUnavailable
from tests.flows.batches import NOON, TENANT, file_of

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, rows = Path(sys.argv[1]), sys.argv[2]
warehouses = DuckDBWarehouses(folder)
with warehouses.open(TENANT) as warehouse:
    warehouse.prepare(tenant=TENANT, tables=["shop__sale"], at=NOON)
full = file_of(folder).stat().st_size
for most in (full, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        with warehouses.open(TENANT) as warehouse:
            warehouse._db.execute(f"create table t as select md5(range::text) from range({rows})")
    except WarehouseUnavailable as error:
        print(error)
"""


@pytest.mark.parametrize("rows", [500, 5_000, 300_000])
def test_what_finds_no_room_on_the_disk_has_not_landed_and_lands_when_there_is(
    tmp_path: Path, rows: int
) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), str(rows)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)

    assert ran.stdout.splitlines() == [
        "The file of this tenant's warehouse cannot be written. Make room on its disk, then start"
        " this run again."
    ]
    assert query(file_of(tmp_path), "select count(*) from t") == [(rows,)]


NO_ROOM_YET = """
import resource, signal, sys
from pathlib import Path
from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.warehouse import WarehouseUnavailable
from tests.flows.batches import NOON, TENANT

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
warehouses = DuckDBWarehouses(Path(sys.argv[1]))
for most in (int(sys.argv[2]), resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        with warehouses.open(TENANT) as warehouse:
            warehouse.prepare(tenant=TENANT, tables=["shop__sale"], at=NOON)
    except WarehouseUnavailable as error:
        print(error)
"""


@pytest.mark.parametrize("room", [0, 4096, 8192])
def test_a_new_file_that_finds_no_room_is_made_when_there_is(tmp_path: Path, room: int) -> None:
    command = [sys.executable, "-c", NO_ROOM_YET, str(tmp_path), str(room)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)

    assert ran.stdout.splitlines() == [
        "The file of this tenant's warehouse cannot be written. Make room on its disk, then start"
        " this run again."
    ]
    assert query(file_of(tmp_path), "select count(*) from raw.shop__sale") == [(0,)]


def test_whoever_builds_can_open_the_file_whatever_has_landed(tmp_path: Path) -> None:
    fields = {name: kind for name, kind in SALE.fields.items() if kind != "json"}
    before = SALE.model_copy(update={"fields": fields})
    with warehouse_in(tmp_path) as warehouse:
        warehouse.land(typed_sales.batch_of(tmp_path, sale(1), stream=before), at=NOON)
        warehouse._db.execute("checkpoint")

    with warehouse_in(tmp_path) as warehouse:  # a field of JSON is new in its stream
        warehouse.land(typed_sales.batch_of(tmp_path, sale(2)), at=NOON)
    with warehouse_in(tmp_path) as warehouse:
        warehouse.begin_build(Recipe("1", {}), is_whole=False, at=NOON)

    assert query(file_of(tmp_path), "select count(*) from raw.shop__sale__records") == [(2,)]


def test_a_tenant_that_comes_back_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with warehouse_in(here) as warehouse:
        first = replace(batch_of(A, folder=tmp_path), contents="A")
        warehouse.land(first, at=NOON)
    with warehouse_in(there) as warehouse:
        warehouse.land(batch_of(Row("1", "B", NOON), folder=tmp_path), at=NOON)

    with warehouse_in(there) as other, warehouse_in(here) as warehouse:
        for table, columns in other.raw_tables().items():
            file = tmp_path / f"{table}.parquet"
            other.copy_out(table, columns=columns, file=file)
            warehouse.copy_in(table, columns=columns, file=file)

        assert warehouse.known(connection_id=TILLS).contents == {}
