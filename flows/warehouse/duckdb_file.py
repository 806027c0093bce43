"""Opening a tenant's DuckDB file, which one process at a time may hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.warehouse import WarehouseBusy, WarehouseUnavailable

# Another connection of the same tenant may be at work; its commits and builds take seconds.
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.5
# Most openings write a few lines of the ledger, which are safe in the log beside the file. Moving
# them into it takes longer than all the rest, so that waits until there are more. What is larger
# is written into the file at once and never into the log.
LARGEST_LOG = "16KiB"
_CANNOT_WRITE = "Could not write file"
# Every file begins with so many bytes. One that is smaller was never whole, and holds nothing.
_SMALLEST_FILE = 3 * 4096


def engine_for(file: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB itself, which holds no file yet: that takes much longer than opening one does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = duckdb.connect(config={**sql.SETTINGS, "temp_directory": f"{file}.tmp"})
    engine.execute("pragma disable_checkpoint_on_shutdown")
    engine.execute(f"set checkpoint_threshold = '{LARGEST_LOG}'")
    return engine


@contextmanager
def opened(
    engine: duckdb.DuckDBPyConnection, file: Path, *, wait_seconds: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a file, which is let go of at the end: another process may want it.

    :raises WarehouseBusy: if another process holds it longer than that
    :raises WarehouseUnavailable: if there is no room on the disk
    """
    with _told_of_a_full_disk():
        _attach(engine, file, wait_seconds=wait_seconds)
        try:
            with engine.cursor() as connection:
                for statement in sql.OPENED:
                    connection.execute(statement)
                yield connection
        finally:
            engine.execute(f"detach {sql.DATABASE}")


@contextmanager
def _told_of_a_full_disk() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        if _CANNOT_WRITE not in str(error):
            raise
        raise WarehouseUnavailable(
            "The file of this tenant's warehouse cannot be written. Make room on its disk, then"
            " start this run again."
        ) from error


def _attach(engine: duckdb.DuckDBPyConnection, file: Path, *, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    quoted = str(file).replace("'", "''")
    while True:
        try:
            engine.execute(f"attach '{quoted}' as {sql.DATABASE}")
        except duckdb.IOException as error:
            if _CANNOT_WRITE in str(error):
                _forget_torn(file)
                raise
            if "lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise WarehouseBusy(
                    "Another run holds this tenant's warehouse. Start this one again after it."
                ) from error
            time.sleep(min(POLL_SECONDS, wait_seconds))
        else:
            return


def _forget_torn(file: Path) -> None:
    """Nobody could open it, nor make another one in its place."""
    if file.exists() and file.stat().st_size < _SMALLEST_FILE:
        file.unlink()
