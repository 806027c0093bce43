"""What an account of Snowflake used: a world whose bill, warehouses and queries agree.

Everything in it follows from a seed. It is made by DuckDB out of `sql/`, and is a file of it:
schema `truth` is what happened, schema `usage` what Snowflake shows of it, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import duckdb

from flows.costs.views import SNOWFLAKE_VIEWS, View

STEPS = sorted((Path(__file__).parent / "sql").glob("*.sql"))
_NAMES = UUID("4f1c7d0e-6a55-4c0b-9a63-2f5b8f3f9d10")
_STATEMENTS_A_RUN = 9.15
# Of the rate sheet: what the account paid for what it used.
OURS = "account_name = 'FAKESNOW' and billing_type = 'consumption' and not is_adjustment"
MOMENT = "20260101T000000000000Z"


@dataclass(frozen=True)
class Retailer:
    code: str
    slug: str

    @property
    def prefix(self) -> str:
        """What the names of its schemas begin with."""
        return "TENANT_" + self.slug.upper().replace("-", "_")


def retailers(number: int) -> list[Retailer]:
    return [
        Retailer(str(uuid5(_NAMES, str(place))), f"retailer-{place:03}")
        for place in range(1, number + 1)
    ]


@dataclass(frozen=True)
class World:
    """Nothing in it is before `first` or after `days` days."""

    file: Path
    first: date
    days: int
    tenants: tuple[Retailer, ...]
    settings: dict[str, Any]

    @property
    def end(self) -> date:
        return self.first + timedelta(days=self.days)

    @property
    def name(self) -> str:
        """Equal worlds have the same."""
        said = repr((self.first, self.days, self.tenants, sorted(self.settings.items())))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.file), config={"threads": 2, "memory_limit": "5GB"}) as db:
            for name, value in self.settings.items():
                db.execute(f"set variable {name} = $value", {"value": value})
            db.execute("set TimeZone = 'UTC'")
            yield db

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.open() as db:
            return [tuple(row) for row in db.execute(sql).fetchall()]

    def billed(self) -> dict[tuple[date, str], Decimal]:
        """Credits of each day and service, as the bill has them."""
        sql = "select usage_date, service_type, credits_billed from usage.metering_daily_history"
        return {(day, service): credits for day, service, credits in self.rows(sql)}

    def write_usage(
        self, folder: Path, *, as_of: datetime | None = None, moment: str = MOMENT
    ) -> Path:
        """Parquet per view and day, as the feed puts it into the lake.

        :param as_of: leave out what was not to be seen then; None for what is seen in the end
        """
        with self.open() as db:
            for view in SNOWFLAKE_VIEWS:
                self._write_days(db, view, folder / view, as_of, moment)
        return folder

    def write_shown(self, folder: Path) -> Path:
        """One Parquet file per view with every row and when it is seen: what a server serves."""
        folder.mkdir(parents=True, exist_ok=True)
        with self.open() as db:
            for view in SNOWFLAKE_VIEWS:
                # Views of Snowflake have shown a query twice.
                again = (
                    f"union all select * from usage.{view} where hash(query_id) % 1000 = 0"
                    if view == "query_history"
                    else ""
                )
                _copy(db, f"select * from usage.{view} {again}", folder / f"{view}.parquet")
        return folder

    def _write_days(
        self,
        db: duckdb.DuckDBPyConnection,
        view: str,
        folder: Path,
        as_of: datetime | None,
        moment: str,
    ) -> None:
        columns = SNOWFLAKE_VIEWS[view].columns
        typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
        for place in range(self.days):
            day = self.first + timedelta(days=place)
            if as_of is not None and day > as_of.astimezone(UTC).date():
                break
            file = folder / day.isoformat() / f"{moment}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            ours = f" and {OURS}" if SNOWFLAKE_VIEWS[view].only else ""
            which = f"day = date '{day}'{ours}{_shown(as_of, SNOWFLAKE_VIEWS[view])}"
            _copy(db, f"select {typed} from usage.{view} where {which}", file)


def make_world(
    file: Path,
    *,
    first: date,
    days: int = 30,
    tenants: Sequence[Retailer] | None = None,
    queries: int = 150_000,
    seed: int = 1,
    has_rates: bool = True,
    currency: str = "EUR",
    cloud_services_apart: bool = False,
) -> World:
    """
    :param queries: about how many
    :param has_rates: whether the organisation's rate sheet has rows
    :param cloud_services_apart: a service of its own for queries without a warehouse
    """
    people, own = queries * 6 // 100, queries * 2 // 100
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() * 1000)
    everybody = tuple(retailers(200) if tenants is None else tenants)
    world = World(
        file=file,
        first=first,
        days=days,
        tenants=everybody,
        settings={
            "seed": seed,
            "begin_ms": begin,
            "end_ms": begin + days * 86_400_000,
            "days": days,
            "retailers": len(everybody),
            "runs": int((queries - people - own) / _STATEMENTS_A_RUN),
            "peoples": people,
            "own": own,
            "has_rates": has_rates,
            "currency": currency,
            "apart": cloud_services_apart,
        },
    )
    with world.open() as db:
        db.execute("create schema truth")
        db.execute("create schema usage")
        names = "code varchar, slug varchar, prefix varchar"
        db.execute(f"create table truth.retailers (place bigint, {names})")
        db.executemany(
            "insert into truth.retailers values (?, ?, ?, ?)",
            [[place, t.code, t.slug, t.prefix] for place, t in enumerate(everybody)],
        )
        for step in STEPS:
            db.execute(step.read_text())
    return world


def _shown(as_of: datetime | None, view: View) -> str:
    if not view.day:  # its days are those of the readings
        return ""
    if as_of is None:
        return " and visible_until is null"
    then = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return (
        f" and visible_from <= timestamp '{then}'"
        f" and coalesce(visible_until > timestamp '{then}', true)"
    )


def _copy(db: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    db.execute(f"copy ({query}) to $file (format parquet, compression zstd)", {"file": str(file)})
