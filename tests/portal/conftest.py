"""The cast: Alice and Bob are with one retailer, Charlie with another, Olga runs the platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.connections.models import Connection
from portal.connections.secrets import secret_store
from portal.connections.services import create_connection, set_schedule
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy, reconcile
from portal.tenants.models import Member, Tenant
from portal.tenants.services import add_member, create_tenant
from tests.portal.fake_prefect import FakePrefect
from tests.simulators.aws import AwsServer

NOW = datetime(2026, 11, 21, 5, 15, tzinfo=UTC)
# The button under the question whether something is to be deleted, with its typographic apostrophe.
SURE = "Yes, I\u2019m sure"


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """WhiteNoise warns of a folder that is not there, as before the first `collectstatic`."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def private_hosts(settings: Settings) -> None:
    """The simulators are on this machine."""
    settings.ALLOW_PRIVATE_HOSTS = True


@pytest.fixture
def retailer(db: None) -> Tenant:
    return create_tenant(slug="alsterhaus-mode", name="Alsterhaus Mode")


@pytest.fixture
def other_retailer(db: None) -> Tenant:
    return create_tenant(slug="chiemsee-sport", name="Chiemsee Sport", time_zone="Europe/Vienna")


@pytest.fixture
def alice(retailer: Tenant) -> User:
    user = User.objects.create_user("alice", password="alice")
    add_member(tenant=retailer, user=user, role=Member.Role.ADMIN)
    return user


@pytest.fixture
def bob(retailer: Tenant) -> User:
    user = User.objects.create_user("bob", password="bob")
    add_member(tenant=retailer, user=user, role=Member.Role.VIEWER)
    return user


@pytest.fixture
def charlie(other_retailer: Tenant) -> User:
    user = User.objects.create_user("charlie", password="charlie")
    add_member(tenant=other_retailer, user=user, role=Member.Role.ADMIN)
    return user


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga", password="olga")


@pytest.fixture
def operator(olga: User) -> Client:
    """Olga's browser. It sends CSRF tokens like any other."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga)
    return client


@pytest.fixture
def tills(retailer: Tenant) -> Connection:
    """A connection as it is right after it was added."""
    return create_connection(tenant=retailer, connector="prohandel", name="tills")


@pytest.fixture
def on_snowflake(db: None, settings: Settings) -> Connection:
    """A connection of a tenant whose warehouse is on Snowflake."""
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]
    tenant = create_tenant(slug="isar", name="Isar", engine="SNOWFLAKE")
    return create_connection(tenant=tenant, connector="prohandel", name="tills")


@pytest.fixture
def ready_tills(tills: Connection) -> Connection:
    """A connection that could be deployed; what its test found is written down by hand."""
    secret_store().put(
        connection=tills, values={"api_key": "k", "api_secret": "s"}, at=NOW, by=None
    )
    tills.test_result = {"ok": True, "message": "All 2 streams can be read.", "streams": []}
    tills.tested_at = NOW
    tills.streams = ["sale", "branch"]
    tills.save()
    return tills


@pytest.fixture
def prefect(settings: Settings) -> Iterator[FakePrefect]:
    with FakePrefect() as running:
        settings.PREFECT_API_URL = running.url
        yield running


@pytest.fixture
def api(prefect: FakePrefect) -> PrefectApi:
    return PrefectApi(url=prefect.url, is_patient=False)


@pytest.fixture
def deployed(ready_tills: Connection, api: PrefectApi, prefect: FakePrefect) -> Connection:
    """A connection that Prefect agrees on, on all foundations."""
    set_schedule(connection=ready_tills, kind="CRON", cron="15 2 * * *")
    deploy(connection=ready_tills, api=api, at=NOW)
    with scopes_disabled():
        reconcile(api=api, at=NOW)
    prefect.requests.clear()
    return ready_tills


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    """One server for all tests; each resets what it uses."""
    with AwsServer() as running:
        yield running


@pytest.fixture
def every_tenant() -> Iterator[None]:
    with scopes_disabled():
        yield
