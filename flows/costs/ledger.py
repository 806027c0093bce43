"""From what was used to what each day cost: dbt reckons it in a DuckDB file of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from flows.costs.days import Bill, DayLedger, Line, Prices
from flows.costs.ledger_files import write_files
from flows.costs.views import VIEWS
from flows.dbt import build_costs
from flows.portal import TenantPlace
from flows.provision.names import tenant_prefix
from flows.provision.settings import platform_roles

# The longest a warehouse of ours is believed to stay up without a query; see flows/provision.
SUSPEND_SECONDS = 600
# Of DuckDB. dbt and this process need some hundred MB beside it.
MEMORY = "550MB"
# Snowflake shows only which tables are now: each reading is one of its own day.
READ_ON = "table_storage_metrics"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PRICES = ("credit", "snowflake_tb_month", "cpu_hour", "gb_read", "gb_month")


def build_ledger(
    *,
    inputs: Mapping[str, list[Path]],
    tenants: list[TenantPlace],
    prices: Prices,
    first: date,
    last: date,
    folder: Path,
    suspend_seconds: int = SUSPEND_SECONDS,
    today: date | None = None,
) -> list[DayLedger]:
    """What every day from `first` to `last` cost, of each engine that was used on it.

    :param inputs: Parquet files by the name of their view. They may begin earlier than `first`:
        a query belongs to every hour in which it ran
    :param folder: of the platform, kept between ledgers; the files of the days are in it
    :param today: the day that is not over yet
    :raises TransformFailed: if the parts of a day do not sum to its bill, and nothing is returned
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "ledger.duckdb"
    asked = (first, last, today or datetime.now(UTC).date(), suspend_seconds)
    try:
        _forget(file)
        _lay_out(file, inputs, tenants=tenants, prices=prices, asked=asked)
        build_costs(file=file, folder=folder / "dbt", memory=MEMORY)
        with _opened(file, read_only=True) as ledger:
            return _days(ledger, folder=folder / "days", currency=prices.currency)
    finally:
        _forget(file)


def _forget(file: Path) -> None:
    """It is as large as its inputs, and of no use when its days are told."""
    file.unlink(missing_ok=True)
    file.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    shutil.rmtree(f"{file}.tmp", ignore_errors=True)


@contextmanager
def _opened(file: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    config = {"threads": 2, "memory_limit": MEMORY, "temp_directory": f"{file}.tmp"}
    with duckdb.connect(str(file), read_only=read_only, config=config) as ledger:
        ledger.execute("set TimeZone = 'UTC'")
        yield ledger


def _lay_out(
    file: Path,
    inputs: Mapping[str, list[Path]],
    *,
    tenants: list[TenantPlace],
    prices: Prices,
    asked: tuple[date, date, date, int],
) -> None:
    """The sources of dbt: views over the files, and tables of what is told."""
    with _opened(file, read_only=False) as ledger:
        ledger.execute("create schema usage")
        for view in VIEWS:
            ledger.execute(_source(view, inputs.get(view, [])))
        ledger.execute(
            "create table usage.asked"
            " (first_day date, last_day date, today date, suspend_seconds bigint)"
        )
        ledger.execute("insert into usage.asked values (?, ?, ?, ?)", list(asked))
        ledger.execute(
            "create table usage.tenants"
            " (code varchar, slug varchar, schema_prefix varchar, engine varchar)"
        )
        for each in tenants:
            row = [each.code, each.slug, tenant_prefix(each.slug), each.engine]
            ledger.execute("insert into usage.tenants values (?, ?, ?, ?)", row)
        ledger.execute("create table usage.trusted_roles (name varchar)")
        for role in platform_roles():
            ledger.execute("insert into usage.trusted_roles values (?)", [role])
        columns = ", ".join(f"{name} decimal(38, 18)" for name in PRICES)
        ledger.execute(f"create table usage.prices (currency varchar, {columns})")
        ledger.execute("insert into usage.prices values (?, ?, ?, ?, ?, ?)", list(astuple(prices)))


def _source(view: str, files: list[Path]) -> str:
    """A view over the files, or a table without rows."""
    columns = dict(VIEWS[view].columns)
    if not files:
        if view == READ_ON:
            columns["read_on"] = "date"
        held = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"create table usage.{view} ({held})"
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    if view != READ_ON:
        return f"create view usage.{view} as select {typed} from read_parquet({_list(files)})"
    readings = (
        f"select {typed}, date '{_day_of(each)}' as read_on from read_parquet({_list([each])})"
        for each in files
    )
    return f"create view usage.{view} as {' union all '.join(readings)}"


def _list(files: list[Path]) -> str:
    """Of SQL."""
    quoted = (str(each.resolve()).replace("'", "''") for each in files)
    return "[" + ", ".join(f"'{each}'" for each in quoted) + "]"


def _day_of(file: Path) -> str:
    """Of a reading: its path in the lake names it last."""
    named = DAY.findall(str(file))
    return str(named[-1]) if named else "1970-01-01"


def _days(ledger: duckdb.DuckDBPyConnection, *, folder: Path, currency: str) -> list[DayLedger]:
    bills, lines = _by_day(ledger, BILL), _by_day(ledger, LINES)
    billed = {
        (engine, day): is_billed
        for engine, day, is_billed in ledger.execute(
            "select engine, day, bool_and(is_billed) from costs.cost_bill group by all"
        ).fetchall()
    }
    days = sorted(billed, key=lambda each: (each[1], each[0]))
    files = write_files(ledger, days, folder=folder)
    return [
        DayLedger(
            engine=engine,
            day=day,
            currency=currency,
            is_billed=billed[engine, day],
            bill=[Bill(*row) for row in bills.get((engine, day), [])],
            lines=[Line(*row) for row in lines.get((engine, day), [])],
            files=files[engine, day],
        )
        for engine, day in days
    ]


BILL = """
    select engine, day, service_type, unit, nanos, amount_nanos
    from costs.cost_bill
    order by all
"""
LINES = """
    select
        engine, day, holder, tenant_code, kind, service_type, warehouse, unit, nanos,
        amount_nanos, is_estimated, is_inferred
    from costs.cost_lines
    order by all
"""


def _by_day(
    ledger: duckdb.DuckDBPyConnection, query: str
) -> dict[tuple[str, date], list[tuple[Any, ...]]]:
    """The rows without engine and day, under them."""
    rows: dict[tuple[str, date], list[tuple[Any, ...]]] = {}
    for engine, day, *row in ledger.execute(query).fetchall():
        rows.setdefault((engine, day), []).append(tuple(row))
    return rows
