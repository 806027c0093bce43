"""An account's use of Snowflake, written down by hand: what a test says happened, and no more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from flows.costs.views import VIEWS
from tests.transforms.costs.recipe import Recipe, Row

ALICE = "a11ce000-0000-4000-8000-000000000001"
BOB = "b0b00000-0000-4000-8000-000000000002"
CHARLIE = "c4a211e0-0000-4000-8000-000000000003"
TENANTS = {ALICE: "alice", BOB: "bob", CHARLIE: "charlie"}
PLATFORM = "00000000-0000-0000-0000-000000000000"
DAY = date(2026, 3, 16)
LOADING, ANALYTICS = 1, 2
WAREHOUSES = {LOADING: "MERCURIOS_LOADING_WH", ANALYTICS: "MERCURIOS_ANALYTICS_WH"}
NANOS = 10**9
# Of our statements. That of people is none of these.
ROLE = "MERCURIOS_TRANSFORMER"
TRUSTED_ROLES = ("MERCURIOS_ADMIN", "MERCURIOS_LOADER", ROLE, "MERCURIOS_API")
TABLES = {
    "asked": "first_day date, last_day date, today date, suspend_seconds bigint",
    "tenants": "code varchar, slug varchar, schema_prefix varchar, engine varchar",
    "trusted_roles": "name varchar",
    "prices": "currency varchar, credit decimal(38,18), snowflake_tb_month decimal(38,18),"
    " cpu_hour decimal(38,18), gb_read decimal(38,18), gb_month decimal(38,18)",
}


def at(clock: str, day: date = DAY) -> datetime:
    """`10:00:00.5` of a day, UTC; `+1 00:10` is on the day after."""
    later, _, hours = clock.rpartition(" ")
    hour, minute, *rest = hours.split(":")
    return datetime(day.year, day.month, day.day) + timedelta(  # noqa: DTZ001 - UTC, as views are
        days=int(later or 0),
        hours=int(hour),
        minutes=int(minute),
        seconds=float((rest or ["0"])[0]),
    )


def tag(tenant: str = "", **parts: str) -> str:
    return json.dumps({name: text for name, text in {"t": tenant, **parts}.items() if text})


@dataclass
class Account:
    first: date = DAY
    last: date = DAY
    today: date = DAY + timedelta(days=30)
    suspend_seconds: int = 600
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, view: str, **row: Any) -> None:
        self.rows.setdefault(view, []).append(row)

    def query(
        self,
        query_id: str,
        begin: datetime,
        seconds: float,
        *,
        whose: str | None = None,
        credits: float | None = None,
        warehouse: int | None = LOADING,
        size: str = "X-Small",
        root: str | None = None,
        acceleration: float = 0.0,
        **columns: Any,
    ) -> None:
        """
        :param whose: the query tag; none for nobody's
        :param credits: what Snowflake attributes to it; None if it says nothing
        """
        end = begin + timedelta(seconds=seconds)
        common = {
            "query_id": query_id,
            "query_tag": whose,
            "warehouse_id": warehouse,
            "warehouse_name": WAREHOUSES.get(warehouse or 0),
            "start_time": begin,
            "end_time": end,
        }
        history = {
            **common,
            "query_type": "SELECT",
            "role_name": ROLE,
            "warehouse_size": size if warehouse else None,
            **columns,
        }
        self.add("query_history", **history)
        if credits is not None:
            self.add(
                "query_attribution_history",
                **{**common, "end_time": end},
                root_query_id=root,
                credits_attributed_compute=credits,
                credits_used_query_acceleration=acceleration,
            )

    def hour(
        self, begin: datetime, credits: str, *, warehouse: int = LOADING, cloud: str = "0"
    ) -> None:
        self.add(
            "warehouse_metering_history",
            start_time=begin,
            end_time=begin + timedelta(hours=1),
            warehouse_id=warehouse,
            warehouse_name=WAREHOUSES.get(warehouse, "CLOUD_SERVICES_ONLY"),
            credits_used_compute=Decimal(credits),
            credits_used_cloud_services=Decimal(cloud),
        )

    def bill(
        self,
        credits: str,
        *,
        service: str = "WAREHOUSE_METERING",
        cloud: str = "0",
        free: str = "0",
        day: date = DAY,
    ) -> None:
        self.add(
            "metering_daily_history",
            usage_date=day,
            service_type=service,
            credits_used_cloud_services=Decimal(cloud),
            credits_adjustment_cloud_services=-Decimal(free),
            credits_billed=Decimal(credits),
        )

    def rate(self, rate: str, *, usage: str = "compute", currency: str = "EUR") -> None:
        self.add(
            "rate_sheet_daily",
            date=DAY,
            usage_type=usage,
            currency=currency,
            effective_rate=Decimal(rate),
        )

    def ledger(self, recipe: Recipe) -> Ledger:
        account = duckdb.connect(config={"threads": 1})
        account.execute("set TimeZone = 'UTC'")
        account.execute("set scalar_subquery_error_on_multiple_rows = false")
        account.execute("attach ':memory:' as ledger")
        account.execute("use ledger")
        account.execute("create schema usage")
        for view, columns in VIEWS.items():
            typed = dict(columns.columns)
            if view == "table_storage_metrics":
                typed["read_on"] = "date"
            _fill(account, view, typed, self.rows.get(view, []))
        for table, columns_of_table in TABLES.items():
            account.execute(f"create table usage.{table} ({columns_of_table})")
        asked = [self.first, self.last, self.today, self.suspend_seconds]
        account.execute("insert into usage.asked values (?, ?, ?, ?)", asked)
        account.execute("insert into usage.prices values ('EUR', 3, 23, 0.36, 0.5, 0.02)")
        for role in TRUSTED_ROLES:
            account.execute("insert into usage.trusted_roles values (?)", [role])
        for code, slug in TENANTS.items():
            account.execute(
                "insert into usage.tenants values (?, ?, ?, 'SNOWFLAKE')",
                [code, slug, f"TENANT_{slug.upper()}"],
            )
        recipe.build(account)
        return Ledger(account)


def _fill(
    account: duckdb.DuckDBPyConnection,
    view: str,
    columns: dict[str, str],
    rows: list[dict[str, Any]],
) -> None:
    held = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    account.execute(f"create table usage.{view} ({held})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        account.executemany(
            f"insert into usage.{view} values ({marks})",
            [[row.get(name) for name in columns] for row in rows],
        )


@dataclass(frozen=True)
class Ledger:
    account: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[Row]:
        return [tuple(row) for row in self.account.execute(query).fetchall()]

    def credits(self, kind: str, *, day: date = DAY) -> dict[str, float]:
        """Credits of a kind by who holds them: a tenant's slug, PLATFORM or NOBODY."""
        found = self.rows(
            "select holder, tenant_code, sum(nanos) from costs.cost_lines"
            f" where kind = '{kind}' and day = date '{day}' and engine = 'SNOWFLAKE' group by all"
        )
        return {str(TENANTS.get(code, holder)): nanos / NANOS for holder, code, nanos in found}

    def direct_of(self, query_id: str) -> dict[date, float]:
        found = self.rows(
            "select day, sum(direct_nanos) from costs.cost_queries"
            f" where query_id = '{query_id}' group by day"
        )
        return {day: nanos / NANOS for day, nanos in found}

    def one(self, query: str) -> Any:
        (row,) = self.rows(query)
        return row[0] if len(row) == 1 else row
