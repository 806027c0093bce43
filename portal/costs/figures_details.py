"""What is behind the sums: by run, by model, by connection, and query by query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from portal.costs.figures import Period, ledger_days
from portal.costs.models import Kind, LedgerDay
from portal.publications.lake import lake
from portal.publications.ledger_files import LedgerFile, ledger_file, open_ledger_files
from portal.publications.reading import Reading

# A day's files in the lake. To open one, all of it is fetched and checked.
File = Literal["details", "queries", "hours"]
# The kinds of cost that queries have, and what a query of one has.
OF_QUERIES = {
    Kind.DIRECT.value: "direct_nanos > 0",
    Kind.OVERLAP.value: "direct_nanos > 0",
    Kind.IDLE.value: "tail_ms > 0",
    Kind.CLOUD_SERVICES.value: "cloud_services_nanos > 0",
}
MOST_EXPENSIVE = 100
# A file is put together before it is sent.
MOST_IN_FILE = 20_000
MOST_TAILS = 200_000


@dataclass(frozen=True)
class Asked:
    """What is to be shown. Each empty one is no condition."""

    period: Period
    tenant: UUID | None = None
    holder: str = ""
    engine: str = ""
    warehouse: str = ""
    connection: str = ""
    run: str = ""
    model: str = ""
    kind: str = ""
    user: str = ""
    query_hash: str = ""

    def conditions(self, *names: str) -> tuple[str, dict[str, Any]]:
        """The condition on some columns, with its values beside it."""
        wanted = {
            "tenant_code": str(self.tenant) if self.tenant else "",
            "holder": self.holder,
            "engine": self.engine,
            "warehouse": self.warehouse,
            "connection_code": self.connection,
            "run_code": self.run,
            "model": self.model,
            "kind": self.kind,
            "user_name": self.user,
            "query_hash": self.query_hash,
        }
        values = {name: wanted[name] for name in names if wanted[name]}
        return " and ".join([f"{name} = ${name}" for name in values] or ["true"]), values


@dataclass(frozen=True)
class Details:
    """Open files of some days; what is not among them is empty."""

    reading: Reading
    has_details: bool
    has_queries: bool
    has_hours: bool
    days: int
    days_with_files: int

    @property
    def note(self) -> str:
        """Says so where some of the days have sums and nothing behind them."""
        if self.days == self.days_with_files:
            return ""
        return f"Details are kept of {self.days_with_files} of these {self.days} days."

    def by(self, asked: Asked, *columns: str, limit: int = MOST_IN_FILE) -> list[dict[str, Any]]:
        """Costs by some columns, the most expensive first, split by kind."""
        if not self.has_details:
            return []
        where, values = asked.conditions(
            "tenant_code",
            "holder",
            "engine",
            "warehouse",
            "connection_code",
            "run_code",
            "model",
            "kind",
        )
        names = ", ".join(columns)
        sql = f"""
            select
                {names},
                min(day) as first_day,
                max(day) as last_day,
                sum(amount_nanos) as amount,
                coalesce(sum(amount_nanos) filter (kind in ('DIRECT', 'OVERLAP')), 0) as direct,
                coalesce(sum(amount_nanos) filter (kind = 'IDLE'), 0) as idle,
                coalesce(sum(amount_nanos) filter (kind = 'CLOUD_SERVICES'), 0) as cloud_services,
                coalesce(sum(amount_nanos) filter (kind = 'READING'), 0) as reading,
                coalesce(sum(nanos) filter (unit = 'CREDIT'), 0) as credits,
                coalesce(sum(nanos) filter (unit = 'CPU_SECOND'), 0) as cpu_seconds
            from details
            where {where}
            group by {names}
            order by amount desc, {names}
            limit {int(limit)}
        """  # noqa: S608 - our own columns; values are bound
        return self.reading.rows(sql, values)

    def queries(self, asked: Asked, *, limit: int = MOST_EXPENSIVE) -> list[dict[str, Any]]:
        """Queries, the most expensive first."""
        if not self.has_queries:
            return []
        where, values = self._of_queries(asked)
        sql = f"""
            select *
            from queries
            where {where}
            order by direct_nanos desc, cloud_services_nanos desc, query_id
            limit {int(limit)}
        """  # noqa: S608 - our own columns; values are bound
        return self.reading.rows(sql, values)

    def query_sums(self, asked: Asked) -> dict[str, Any]:
        if not self.has_queries:
            return {"queries": 0, "direct_nanos": 0, "cloud_services_nanos": 0}
        where, values = self._of_queries(asked)
        sql = f"""
            select
                count(*) as queries,
                coalesce(sum(direct_nanos), 0) as direct_nanos,
                coalesce(sum(cloud_services_nanos), 0) as cloud_services_nanos
            from queries
            where {where}
        """  # noqa: S608 - our own columns; values are bound
        return self.reading.one(sql, values)

    def offenders(self, asked: Asked, *, limit: int = 50) -> list[dict[str, Any]]:
        """Whose queries nobody can be charged with: by user, warehouse and text."""
        if not self.has_queries:
            return []
        sql = f"""
            select
                user_name,
                warehouse,
                query_hash,
                count(*) as queries,
                max(ended_at) as last_at,
                sum(execution_ms) as execution_ms,
                sum(direct_nanos) as direct_nanos,
                sum(tail_ms) as tail_ms
            from queries
            where holder = 'NOBODY'
            group by user_name, warehouse, query_hash
            order by direct_nanos desc, execution_ms desc, user_name, warehouse, query_hash
            limit {int(limit)}
        """  # noqa: S608 - a number of our own
        return self.reading.rows(sql)

    def hours(self) -> list[dict[str, Any]]:
        if not self.has_hours:
            return []
        return self.reading.rows(
            "select hour, warehouse, compute_nanos, direct_nanos, idle_nanos, overlap_nanos"
            " from hours order by warehouse, hour"
        )

    def tails(self) -> dict[str, list[int]]:
        """For how many milliseconds its queries kept each warehouse up: of very many, a sample."""
        if not self.has_queries:
            return {}
        rows = self.reading.rows(
            """
            select warehouse, list(tail_ms order by hash(query_id))[:$most] as tails
            from queries
            where tail_ms > 0 and warehouse <> ''
            group by warehouse
            """,
            {"most": MOST_TAILS},
        )
        return {row["warehouse"]: row["tails"] for row in rows}

    def _of_queries(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        where, values = asked.conditions(
            "tenant_code",
            "holder",
            "warehouse",
            "connection_code",
            "run_code",
            "model",
            "user_name",
            "query_hash",
        )
        if asked.kind:
            where += f" and {OF_QUERIES.get(asked.kind, 'false')}"
        return where, values


@contextmanager
def opened(period: Period, file: File, *, engine: str = "") -> Iterator[Details]:
    """One of the files of each of a period's current versions.

    :raises DetailsUnreadable: if the lake does not give one of them
    """
    days = ledger_days(period)
    with opened_days(list(days.filter(engine=engine) if engine else days), file) as details:
        yield details


@contextmanager
def opened_days(days: list[LedgerDay], file: File) -> Iterator[Details]:
    """One of the files of each of some versions.

    :raises DetailsUnreadable: if the lake does not give one of them
    """
    found = _named(days, file)
    with open_ledger_files(lake=lake(), files={file: found}) as reading:
        yield Details(
            reading=reading,
            has_details=file == "details" and bool(found),
            has_queries=file == "queries" and bool(found),
            has_hours=file == "hours" and bool(found),
            days=len({each.day for each in days}),
            days_with_files=len({each.day for each in days if each.files}),
        )


def _named(days: list[LedgerDay], name: File) -> list[LedgerFile]:
    return [ledger_file(str(each.day), each.files[name]) for each in days if name in each.files]
