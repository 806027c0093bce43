"""Runs of past days for tests, and the ledger of what they cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.runs.models import Run, StreamResult
from portal.tenants.models import Tenant
from tests.portal.ledger_cast import Part, ledger_day


def ran(
    connection: Connection, day: date, *, times: int = 1, seconds: float = 60, brought: int = 1
) -> list[Run]:
    """So many completed runs, of which each found so many new records."""
    begin = datetime.combine(day, time(1), UTC)
    with scopes_disabled():  # the connection is named in the call
        runs = Run.objects.bulk_create(
            Run(
                tenant=connection.tenant,
                engine=connection.tenant.engine,
                connection=connection,
                flow_run_id=uuid4(),
                status=Run.Status.COMPLETED,
                requested_at=begin + timedelta(minutes=number),
                started_at=begin + timedelta(minutes=number),
                finished_at=begin + timedelta(minutes=number, seconds=seconds),
            )
            for number in range(times)
        )
        StreamResult.objects.bulk_create(
            StreamResult(run=run, stream="sale", status="LANDED", extracted=brought, new=brought)
            for run in runs
        )
    return runs


def ended_run(
    connection: Connection, at: datetime, *, cpu: float = 0, read: int = 0, started: bool = True
) -> Run:
    """One with two streams. It was cancelled if it has not started."""
    with scopes_disabled():  # the connection is named in the call
        run = Run.objects.create(
            tenant=connection.tenant,
            engine=connection.tenant.engine,
            connection=connection,
            flow_run_id=uuid4(),
            status=Run.Status.COMPLETED if started else Run.Status.CANCELLED,
            requested_at=at,
            started_at=at if started else None,
            finished_at=at,
            steps={"extract": {"cpu_seconds": cpu}},
        )
        for stream in ("sale", "branch"):
            StreamResult.objects.create(run=run, stream=stream, status="LANDED", bytes_read=read)
    return run


def spent(tenant: Tenant, day: date, credits: int) -> None:
    """A day of the ledger of DuckDB on which nobody else cost anything. A credit costs 3."""
    ledger_day(day, [Part(tenant, "DIRECT", str(credits))], engine="DUCKDB")
