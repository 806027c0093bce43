"""Opening a tenant's DuckDB file, which one process at a time may hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.warehouse import WarehouseBusy

# Another connection of the same tenant may be at work; its commits and builds take seconds.
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.5
# Most openings write a few lines of the ledger, which are safe in the log beside the file. Moving
# them into it takes longer than all the rest, so that waits until there are more, in bytes.
LARGEST_LOG = 16 * 1024


def engine_for(file: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB itself, which holds no file yet: that takes much longer than opening one does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = duckdb.connect(config={**sql.SETTINGS, "temp_directory": f"{file}.tmp"})
    engine.execute("pragma disable_checkpoint_on_shutdown")
    return engine


@contextmanager
def opened(
    engine: duckdb.DuckDBPyConnection, file: Path, *, wait_seconds: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a file, which is let go of at the end: another process may want it.

    :raises WarehouseBusy: if another process holds it longer than that
    """
    _attach(engine, file, wait_seconds=wait_seconds)
    try:
        with engine.cursor() as connection:
            for statement in sql.OPENED:
                connection.execute(statement)
            yield connection
    finally:
        _detach(engine, file)


def _detach(engine: duckdb.DuckDBPyConnection, file: Path) -> None:
    # It may not be able to tidy up the file at the end, such as on a full disk. What was committed
    # is safe in the log beside it, so that is no reason to call a batch that has landed a failure.
    with suppress(duckdb.IOException):
        if _log_size(file) > LARGEST_LOG:
            engine.execute(f"checkpoint {sql.DATABASE}")
    with suppress(duckdb.IOException):
        engine.execute(f"detach {sql.DATABASE}")


def _log_size(file: Path) -> int:
    log = file.with_name(f"{file.name}.wal")
    return log.stat().st_size if log.exists() else 0


def _attach(engine: duckdb.DuckDBPyConnection, file: Path, *, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    quoted = str(file).replace("'", "''")
    while True:
        try:
            engine.execute(f"attach '{quoted}' as {sql.DATABASE}")
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise WarehouseBusy(
                    "Another run holds this tenant's warehouse. Start this one again after it."
                ) from error
            time.sleep(min(POLL_SECONDS, wait_seconds))
        else:
            return
