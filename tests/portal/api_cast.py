"""The cast of the API's tests: two retailers with all they own, their keys, and a Prefect.

Alice and Bob look after Alster, Charlie after Barmbek. What Alster has, Barmbek's key asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.access.models import ApiKey
from portal.access.services import issue_key, revoke_key
from portal.connections.models import Connection
from portal.connections.services import choose_streams, create_connection, set_credentials
from portal.drift.models import DriftEvent
from portal.drift.services import Drift, note_drift
from portal.pipelines.models import Pipeline
from portal.runs.models import Run, StreamResult
from portal.tenants.models import Member, Tenant
from portal.tenants.services import add_member, create_tenant
from tests.portal.api_places import CANARY, FakePlaces, running_places
from tests.portal.publication_of import publish

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SALES = [
    {
        "sale_date": f"2026-11-{day:02}",
        "product_category": category,
        "currency": "EUR",
        "total_amount": Decimal(amount),
        "order_count": orders,
    }
    for day, category, amount, orders in (
        (18, "Shoes", "120.50", 3),
        (18, "=cmd|'/c calc'!A1", "-5.00", 1),
        (19, "Bags, big", "80.00", 2),
        (20, "Shoes", "0.10", 1),
    )
]
READY = {"ok": True, "message": "All streams can be read.", "streams": []}


@dataclass
class House:
    """A retailer and everything of theirs that has an address."""

    tenant: Tenant
    connection: Connection
    run: Run
    drift: DriftEvent
    key: ApiKey
    secret: str
    read_only: str
    revoked: str
    expired: str
    publication: str = ""

    @property
    def root(self) -> str:
        return f"/api/v1/tenants/{self.tenant.slug}"

    @property
    def tills(self) -> str:
        return f"{self.root}/connections/{self.connection.name}"


@dataclass
class World:
    alster: House
    barmbek: House
    operator: str
    platform: str
    flows: str
    prefect: FakePlaces
    http: Client = field(default_factory=Client)

    def publish(self) -> None:
        for house in (self.alster, self.barmbek):
            house.publication = publish(
                lake=Path(settings.LAKE),
                tenant=house.tenant.code,
                rows={"daily_sales_summary": SALES},
                at=NOW,
            )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        **headers: str,
    ) -> Any:
        """Send JSON with a key; Alster's own, unless another is given. "" sends none."""
        secret = self.alster.secret if key is None else key
        sent = {"Authorization": f"Bearer {secret}"} if secret else {}
        data = b"" if body is None else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.generic(
            method, path, data, content_type="application/json", headers={**sent, **names}
        )


@contextmanager
def the_world(changed: Settings, home: Path) -> Iterator[World]:
    """Needs the database. Nothing is published yet, since that takes a while."""
    with running_places() as places:
        settle(changed, home, places)
        yield found(places)


def settle(changed: Settings, home: Path, places: FakePlaces) -> None:
    """The settings of a portal with its files in a home, and its Prefect in a place."""
    changed.LAKE = str(home)
    changed.STATIC_ROOT = str(home)  # there has to be one, and it has to be found quickly
    changed.WHITENOISE_USE_FINDERS = False
    changed.ALLOW_PRIVATE_HOSTS = True
    changed.PREFECT_API_URL = f"{places.url}/prefect"


def found(places: FakePlaces) -> World:
    """Private hosts have to be allowed."""
    alice, bob, charlie = (
        User.objects.create_user(name, f"{name}@example.org")
        for name in ("alice", "bob", "charlie")
    )
    alster, barmbek = _house("alster", places), _house("barmbek", places)
    add_member(tenant=alster.tenant, user=alice, role=Member.Role.ADMIN)
    add_member(tenant=alster.tenant, user=bob)
    add_member(tenant=barmbek.tenant, user=charlie, role=Member.Role.ADMIN)
    return World(
        alster=alster,
        barmbek=barmbek,
        operator=_key(None, ["read", "write"]),
        platform=_key(None, ["platform"]),
        flows=_key(None, ["flows"]),
        prefect=places,
    )


def _house(slug: str, places: FakePlaces) -> House:
    tenant = create_tenant(slug=slug, name=slug.capitalize())
    connection = create_connection(tenant=tenant, connector="prohandel", name=f"{slug}-tills")
    set_credentials(
        connection=connection,
        values={
            "api_key": f"{CANARY}-key",
            "api_secret": f"{CANARY}-secret",
            "auth_url": f"{places.url}/till/api/v4",
        },
        at=NOW,
    )
    choose_streams(connection=connection, streams=["sale", "branch"])
    connection.test_result, connection.tested_at = READY, NOW
    connection.save()
    issued = issue_key(tenant=tenant, name="own", scopes=["read", "write"], at=NOW)
    with scopes_disabled():  # two tenants are set up
        Pipeline.objects.create(connection=connection, deployment_id=uuid4(), applied_at=NOW)
    run = _run(connection)
    return House(
        tenant=tenant,
        connection=connection,
        run=run,
        drift=_drift(run),
        key=issued.key,
        secret=issued.secret,
        read_only=_key(tenant, ["read"]),
        revoked=_revoked(tenant),
        expired=_key(tenant, ["read", "write"], expires_at=NOW + timedelta(hours=1)),
    )


def _run(connection: Connection) -> Run:
    with scopes_disabled():  # two tenants are set up
        run = Run.objects.create(
            tenant=connection.tenant,
            connection=connection,
            flow_run_id=uuid4(),
            status=Run.Status.RUNNING,
            requested_at=NOW,
            started_at=NOW,
        )
        StreamResult.objects.create(
            run=run, stream="sale", status="LANDED", extracted=3, new=2, unchanged=1
        )
    return run


def _drift(run: Run) -> DriftEvent:
    seen = Drift("quarantine", appeared={"colour": 3})
    [event] = note_drift(run=run, stream="sale", drift=seen, at=NOW)
    return event


def _key(tenant: Tenant | None, scopes: list[str], expires_at: datetime | None = None) -> str:
    made = issue_key(tenant=tenant, name="cast", scopes=scopes, at=NOW, expires_at=expires_at)
    return made.secret


def _revoked(tenant: Tenant) -> str:
    made = issue_key(tenant=tenant, name="revoked", scopes=["read", "write"], at=NOW)
    revoke_key(key=made.key, at=NOW)
    return made.secret
