"""A retailer of the simulated till, as the portal knows it, and the sessions of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from flows.connectors.catalog import connector
from flows.land import prepare
from flows.portal import Portal
from flows.session import Session
from flows.settings import WorkerSettings
from flows.transform import raw_tables
from tests.flows.fake_portal import TOKEN, Desk, FakePortal
from tests.simulators.process import Company, Simulator

EVERY_STREAM = list(connector("prohandel").streams)
ALICES = Company("alices", "CANARY-key-alice", "CANARY-secret-alice", lines=150, seed=11)
CHARLIES = Company("charlies", "CANARY-key-charlie", "CANARY-secret-charlie", lines=120, seed=12)


def desk_of(
    company: Company,
    simulator: Simulator,
    *,
    streams: list[str] | None = None,
    tenant: dict[str, Any] | None = None,
    secret: str | None = None,
    **connection: Any,
) -> Desk:
    """A connection to a company of the simulator; `tenant` and the rest change what it says."""
    return Desk(
        tenant={
            "code": str(uuid4()),
            "slug": company.name,
            "name": company.name.capitalize(),
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "country": "DE",
            "engine": "DUCKDB",
            **(tenant or {}),
        },
        connection={
            "code": str(uuid4()),
            "name": "tills",
            "connector": "prohandel",
            "streams": EVERY_STREAM if streams is None else streams,
            "full_read_streams": [],
            "history_from": None,
            "kept_personal_fields": {},
            **connection,
        },
        credentials={
            "api_key": company.api_key,
            "api_secret": secret or company.secret,
            "auth_url": simulator.auth_url,
        },
    )


def settings_of(home: Path, portal: FakePortal) -> WorkerSettings:
    return WorkerSettings(
        home=home,
        lake=str(home / "lake"),
        portal_url=portal.url,
        allow_private_hosts=True,
        service_token=TOKEN,
    )


@contextmanager
def session_of(desk: Desk, *, portal: FakePortal, home: Path) -> Iterator[Session]:
    """A new run of a connection, ready to land."""
    portal.add(desk)
    client = Portal(url=portal.url, token=TOKEN)
    job = client.claim(connection=desk.connection["code"], flow_run_id=str(uuid4()))
    session = Session(job=job, portal=client, settings=settings_of(home, portal))
    try:
        prepare(session, tables=raw_tables(session))
        yield session
    finally:
        session.close()
        client.close()
