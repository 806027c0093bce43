"""Snowflake's records of what it was used for, read day by day into the lake."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from flows.costs.usage_files import days_read, newest_of_day, put
from flows.costs.usage_parquet import stage, written_days
from flows.costs.views import SNOWFLAKE_VIEWS, View
from flows.lake.lake import Lake
from flows.provision.account import AccountFailure
from flows.provision.names import ADMIN, TASK_WH
from flows.provision.session import admin_login, failures, place
from flows.warehouse.snowflake_account import connect
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_errors import NOT_ALLOWED
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseRefused

FIRST_DAYS = 30
LEAST_LATE_DAYS = 3


class UsageRefused(AccountFailure):
    """The account does not let us read what it was used for."""


class Reader(Protocol):
    def tables(self, statement: str) -> Iterator[pa.Table]:
        """The rows in pieces that fit into memory; none if there are no rows."""


@dataclass
class Fed:
    """Which files are new, of which days, and which views could not be read."""

    files: list[str] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)


@contextmanager
def usage_reader() -> Iterator[SnowflakeConnection]:
    """One session of the provisioning user, who alone may read the account's records.

    :raises SettingMissing, AccountFailure: naming who has to act
    """
    login = admin_login()
    with failures(login.user, logging_in=True):
        connection = connect(
            replace(place(), database=""),
            role=ADMIN,
            warehouse=TASK_WH,
            tag=Tag(step="costs"),
            login=login,
        )
    try:
        with failures(login.user):
            yield connection
    finally:
        connection.close()


def read_usage(
    reader: Reader,
    lake: Lake,
    *,
    folder: Path,
    now: datetime,
    days: int = FIRST_DAYS,
    views: Mapping[str, View] = SNOWFLAKE_VIEWS,
) -> Fed:
    """Read what is new of each view, and the last days again, for which rows come late.

    Every day that is read has a file, even one without rows; a day that is as it was has no other
    one. If it dies in between, the next reading goes on at the last day that is whole.

    :param folder: for what has been read and is not in the lake yet
    :param days: how many there are to read the first time
    :raises UsageRefused: if the account does not show what no ledger can do without
    """
    folder.mkdir(parents=True, exist_ok=True)
    fed = Fed()
    for name, view in views.items():
        span = _span(lake, name, view, today=now.astimezone(UTC).date(), days=days)
        rows = folder / f"{name}.parquet"
        try:
            try:
                stage(reader.tables(query(view, span)), columns=view.columns, file=rows)
            except WarehouseRefused as error:
                fed.missing[name] = _missing(view, error)
                continue
            _keep(lake, name, view, span=span, rows=rows, at=now, fed=fed)
        finally:
            rows.unlink(missing_ok=True)
    return fed


def query(view: View, span: list[date]) -> str:
    """A session of any time zone is told the same days, and the same moments in UTC."""
    columns = ", ".join(_column(name, kind) for name, kind in view.columns.items())
    conditions = [view.only] if view.only else []
    if view.day:
        begin, end = span[0], span[-1] + timedelta(days=1)
        conditions += [
            f"{view.day.upper()} >= {_literal(begin, view)}",
            f"{view.day.upper()} < {_literal(end, view)}",
        ]
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select {columns} from {view.source}{where}"


def _span(lake: Lake, name: str, view: View, *, today: date, days: int) -> list[date]:
    """The days to read, which end today: none before the first that was ever read."""
    if not view.day:
        return [today]
    first = today - timedelta(days=days - 1)
    if known := days_read(lake, name):
        first = max(known[0], min(today, known[-1]) - timedelta(days=late_days(view)))
    return [first + timedelta(days=place) for place in range((today - first).days + 1)]


def late_days(view: View) -> int:
    """For how many days before the last one there may still be something new."""
    return max(LEAST_LATE_DAYS, -(-view.late_hours // 24) + 1)


def _column(name: str, kind: str) -> str:
    if kind == "timestamp":
        return f"CONVERT_TIMEZONE('UTC', {name.upper()})::TIMESTAMP_NTZ"
    # How many places a number has there is not documented: a cast rounds to ours.
    is_exact = kind.startswith("decimal")
    return f"{name.upper()}::{kind.replace('decimal', 'NUMBER')}" if is_exact else name.upper()


def _literal(day: date, view: View) -> str:
    # Of the column itself, not of what a function makes of it: else the whole year is read.
    if view.columns[view.day] == "date":
        return f"'{day}'::DATE"
    return f"'{day} 00:00:00 +0000'::TIMESTAMP_TZ"


def _missing(view: View, error: WarehouseRefused) -> str:
    """What to say of a view that is not there, or that nobody lets us read.

    :raises UsageRefused: if there is no ledger without it
    :raises WarehouseRefused: if it was refused for another reason
    """
    if getattr(error.__cause__, "errno", None) not in NOT_ALLOWED:
        raise error
    if view.is_optional:
        return f"The account does not show {view.source} to {ADMIN}; the ledger does without it."
    raise UsageRefused(
        f"Snowflake does not let {ADMIN} read {view.source}. An administrator of the account has to"
        f" run `GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE {ADMIN}`."
    ) from error


def _keep(
    lake: Lake, name: str, view: View, *, span: list[date], rows: Path, at: datetime, fed: Fed
) -> None:
    """Put the days into the lake, in their order, so that the last one says how far we are."""
    file = rows.with_name(f"{name}-day.parquet")
    try:
        for day in written_days(rows, view=view, span=span, file=file):
            if _is_new(lake, name, day, file):
                fed.files.append(put(lake, name, day, source=file, at=at))
                fed.days.add(day)
    finally:
        file.unlink(missing_ok=True)


def _is_new(lake: Lake, name: str, day: date, file: Path) -> bool:
    """Equal rows are equal files."""
    known = newest_of_day(lake, name, day)
    if known is None or known.bytes != file.stat().st_size:
        return True
    copy = file.with_name(f"{file.stem}-before.parquet")
    try:
        lake.fetch(key=known.key, target=copy)
        return not filecmp.cmp(file, copy, shallow=False)
    finally:
        copy.unlink(missing_ok=True)
