"""Opening a tenant's DuckDB file, which one process at a time may hold."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.warehouse import WarehouseBusy

# Another connection of the same tenant may be at work; its commits and builds take seconds.
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.5


def connect(file: Path, *, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    """:raises WarehouseBusy: if another process holds it longer than that"""
    file.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return duckdb.connect(str(file), config=sql.SETTINGS)
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise WarehouseBusy(
                    "Another run holds this tenant's warehouse. Start this one again after it."
                ) from error
            time.sleep(min(POLL_SECONDS, wait_seconds))
