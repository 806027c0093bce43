"""What is behind the lines of a day, as Parquet: details, queries and hours of warehouses."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import duckdb

SNOWFLAKE = "SNOWFLAKE"
# Days that are written at the same time: sorting one of them keeps one processor busy.
AT_ONCE = 2
# By what the portal calls them. The order makes equal rows equal files.
QUERIES = {
    "details": """
        select * exclude (bill_id, run_id, work_id, warehouse_id)
        from costs_steps.int_costs__named_details
        where engine = '{engine}' and day = date '{day}'
        order by bill_id, run_id, work_id, warehouse_id, kind, is_inferred
    """,
    "queries": """
        select * from costs.cost_queries
        where
            day = date '{day}'
            and started_at >= timestamp '{since}'
            and started_at < date '{day}' + interval 1 day
        order by started_at, query_id
    """,
    "hours": """
        select * from costs.cost_warehouse_hours
        where day = date '{day}'
        order by hour, warehouse
    """,
}
# A query of an earlier day has parts on a later one. Nearly all have none, and are not looked at.
SINCE = "select day, min(started_at) from costs_steps.int_costs__later_parts group by day"

EngineDay = tuple[str, date]


def write_files(
    ledger: duckdb.DuckDBPyConnection, days: list[EngineDay], *, folder: Path
) -> dict[EngineDay, dict[str, Path]]:
    """The files of each engine and day, by name. Those of an earlier ledger are gone then."""
    shutil.rmtree(folder, ignore_errors=True)
    since = dict(ledger.execute(SINCE).fetchall())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        written = pool.map(partial(_write, ledger, since, folder), days)
        return dict(zip(days, written, strict=True))


def _write(
    ledger: duckdb.DuckDBPyConnection,
    since: dict[date, datetime],
    root: Path,
    engine_day: EngineDay,
) -> dict[str, Path]:
    engine, day = engine_day
    midnight = datetime.combine(day, time())
    folder = root / engine / str(day)
    folder.mkdir(parents=True)
    names = QUERIES if engine == SNOWFLAKE else ("details",)
    files = {name: folder / f"{name}.parquet" for name in names}
    with ledger.cursor() as cursor:
        cursor.execute("set TimeZone = 'UTC'")
        for name, file in files.items():
            query = QUERIES[name].format(
                engine=engine, day=day, since=min(since.get(day, midnight), midnight)
            )
            target = str(file).replace("'", "''")
            cursor.execute(f"copy ({query}) to '{target}' (compression zstd, compression_level 1)")
    return files
