"""A run that kills itself, as a power cut would, at the point it is told: see `test_killed_runs`.

python -m tests.flows.dying_run '{"portal": …, "home": …, "connection": …, "point": …}'
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from flows.land import land
from flows.portal import Portal, TenantPlace
from flows.session import Session, now
from flows.settings import WorkerSettings
from flows.transform import raw_tables
from flows.warehouse.duckdb import DuckDBWarehouse, DuckDBWarehouses
from tests.flows.fake_portal import TOKEN


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingLake:
    """Dies right before or right after a batch is stored."""

    def __init__(self, lake: Any, point: str) -> None:
        self._lake, self._point = lake, point

    def put(self, *, source: Path, key: str) -> None:
        if self._point == "before the lake":
            die()
        self._lake.put(source=source, key=key)
        if self._point == "after the lake":
            die()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)


class DyingDuckDB:
    """A connection that dies after so many statements, or around the commit."""

    def __init__(self, db: duckdb.DuckDBPyConnection, point: str) -> None:
        self._db, self._point, self._statements = db, point, 0

    def execute(self, *arguments: Any) -> Any:
        done = self._db.execute(*arguments)
        self._statements += 1
        if self._point == f"after statement {self._statements}":
            die()
        return done

    def commit(self) -> None:
        if self._point == "before the commit":
            die()
        self._db.commit()
        if self._point == "after the commit":
            die()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


class DyingWarehouses:
    """Dies in the transaction that lands, not while the bookmark is looked up."""

    def __init__(self, warehouses: DuckDBWarehouses, point: str) -> None:
        self._warehouses, self._point, self._opened = warehouses, point, 0

    @contextmanager
    def open(self, tenant: TenantPlace) -> Iterator[DuckDBWarehouse]:
        self._opened += 1
        with self._warehouses.open(tenant) as warehouse:
            db: Any = warehouse._db
            lands = self._opened == 2
            yield DuckDBWarehouse(DyingDuckDB(db, self._point)) if lands else warehouse


def die_in_snowflake(point: str) -> None:
    """Die before or after the first statement that begins so: `after copy into read_records`."""
    from flows.warehouse.snowflake_connection import SnowflakeConnection

    when, _, beginning = point.partition(" ")
    run = SnowflakeConnection.run

    def dying(self: Any, statement: str, values: Any = None) -> int:
        is_it = " ".join(statement.split()).startswith(beginning)
        if is_it and when == "before":
            die()
        changed = run(self, statement, values)
        if is_it and when == "after":
            die()
        return changed

    SnowflakeConnection.run = dying  # type: ignore[method-assign]


def main() -> None:
    told = json.loads(sys.argv[1])
    home = Path(told["home"])
    portal = Portal(url=told["portal"], token=TOKEN)
    job = portal.claim(connection=told["connection"], flow_run_id=str(uuid4()))
    settings = WorkerSettings(
        home=home,
        lake=str(home / "lake"),
        portal_url=told["portal"],
        allow_private_hosts=True,
        service_token=TOKEN,
    )
    session = Session(job=job, portal=portal, settings=settings)
    with session.warehouses.open(job.tenant) as warehouse:
        warehouse.prepare(tenant=job.tenant, tables=raw_tables(session), at=now())
    dying: Any = session
    dying.lake = DyingLake(session.lake, told["point"])
    if job.tenant.engine == "SNOWFLAKE":
        die_in_snowflake(told["point"])
    else:
        dying.warehouses = DyingWarehouses(DuckDBWarehouses(home / "warehouse"), told["point"])
    land("sale", session)


if __name__ == "__main__":
    main()
