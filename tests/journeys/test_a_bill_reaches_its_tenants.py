"""Snowflake's bill of a month, read through its connector, reckoned, and told to the portal.

Thirty days of two hundred retailers: every day's lines sum to what Snowflake billed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Sum
from django_scopes import scopes_disabled
from pytest_django.live_server_helper import LiveServer

from flows.costs.collect import Collected, collect
from flows.portal import Portal
from flows.provision.keys import Pair
from flows.settings import WorkerSettings
from portal.access.services import issue_key
from portal.costs.models import NANOS, Bill, JournalEntry, LedgerDay, LedgerLine
from portal.tenants.models import Tenant
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer
from tests.simulators.snowflake.usage.world import World, make_world, retailers

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = date(2026, 3, 2)  # a month in which Europe's clocks change
DAYS = 30
TENANTS = 200
# Everything has been seen by then.
SETTLED = datetime(2026, 4, 1, 12, tzinfo=UTC) + timedelta(days=1)


@dataclass
class Office:
    """An account with its administrator, and a worker that reads what it was used for."""

    server: SnowflakeServer
    settings: WorkerSettings

    def serve(self, world: World, *, as_of: datetime) -> None:
        """Its tenants are onboarded, and the account shows what could be seen of it then."""
        known = set(Tenant.objects.values_list("slug", flat=True))
        Tenant.objects.bulk_create(
            Tenant(code=each.code, slug=each.slug, name=each.slug, engine=Tenant.Engine.SNOWFLAKE)
            for each in world.tenants
            if each.slug not in known
        )
        self.server.serve_usage(world, as_of=as_of)

    def collect(self, *, at: datetime) -> Collected:
        portal = Portal(url=self.settings.portal_url, token=self.settings.service_token)
        return collect(portal=portal, settings=self.settings, at=at)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> World:
    file = tmp_path_factory.mktemp("month") / "world.duckdb"
    return make_world(file, first=FIRST, days=DAYS, tenants=retailers(TENANTS))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The last days of the same month, of a few."""
    file = tmp_path_factory.mktemp("week") / "world.duckdb"
    first = FIRST + timedelta(days=DAYS - 7)
    return make_world(file, first=first, days=7, tenants=retailers(8), queries=4_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SnowflakeServer, Path]]:
    folder = tmp_path_factory.mktemp("account")
    pair = Pair.made()
    key, public = folder / "ADMIN.pem", folder / "ADMIN.pub"
    key.write_text(pair.pem())
    public.write_text(pair.public_pem)
    with SnowflakeServer(folder / "server", users={"ADMIN": public}) as running:
        yield running, key


@pytest.fixture
def office(
    server: tuple[SnowflakeServer, Path],
    live_server: LiveServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    running, key = server
    for name, value in {
        "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
        "MERCURIOS_SNOWFLAKE_HOST": running.host,
        "MERCURIOS_SNOWFLAKE_PORT": str(running.port),
        "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
        "MERCURIOS_SNOWFLAKE_ADMIN_USER": "ADMIN",
        "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{key}",
    }.items():
        monkeypatch.setenv(name, value)
    token = issue_key(name="worker", scopes=["platform"], at=SETTLED).secret
    settings = WorkerSettings(
        home=tmp_path,
        lake=str(tmp_path / "lake"),
        portal_url=live_server.url,
        allow_private_hosts=True,
        service_token=token,
    )
    return Office(running, settings)


def ledgered() -> dict[tuple[date, str], int]:
    """The sum of the current lines, by day and service, of what is billed in credits."""
    with scopes_disabled():
        rows = LedgerLine.objects.filter(
            ledger__is_current=True, ledger__engine="SNOWFLAKE", unit="CREDIT"
        )
        sums = rows.values("ledger__day", "service_type").annotate(total=Sum("nanos"))
        return {(row["ledger__day"], row["service_type"]): row["total"] for row in sums}


def billed(world: World) -> dict[tuple[date, str], int]:
    return {key: int(credits * NANOS) for key, credits in world.billed().items()}


def nonzero(sums: dict[tuple[date, str], int]) -> dict[tuple[date, str], int]:
    return {key: nanos for key, nanos in sums.items() if nanos}


def test_every_line_of_a_month_sums_to_the_bill(office: Office, month: World) -> None:
    office.serve(month, as_of=SETTLED)

    done = office.collect(at=SETTLED)

    assert len(done.days["SNOWFLAKE"]) >= DAYS
    assert nonzero(ledgered()) == nonzero(billed(month))
    with scopes_disabled():
        lines = LedgerLine.objects.filter(ledger__is_current=True)
        bill = Bill.objects.filter(ledger__is_current=True)
        amount = lines.aggregate(total=Sum("amount_nanos"))["total"]
        assert amount == bill.aggregate(total=Sum("amount_nanos"))["total"] > 0
        worked = lines.filter(kind="DIRECT", tenant__isnull=False)
        assert worked.values("tenant").distinct().count() == TENANTS


def test_late_rows_make_new_versions_of_their_days_and_nothing_else_does(
    office: Office, week: World
) -> None:
    early = datetime(2026, 3, 31, 12, tzinfo=UTC)
    office.serve(week, as_of=early)
    office.collect(at=early)
    before = versions()
    office.server.clear_ledger()

    soon = office.collect(at=early + timedelta(hours=1))
    asked_soon = office.server.ledger()
    office.serve(week, as_of=SETTLED)
    later = office.collect(at=SETTLED)

    assert (asked_soon, soon.days.get("SNOWFLAKE")) == ([], None)  # it is read twice a day
    changed = set(later.days["SNOWFLAKE"])
    assert {day for day, version in versions().items() if version > before.get(day, 0)} == changed
    assert date(2026, 3, 31) in changed
    assert min(changed) > week.first
    assert not JournalEntry.objects.exists()
    assert nonzero(ledgered()) == nonzero(billed(week))


def versions() -> dict[date, int]:
    days = LedgerDay.objects.filter(engine="SNOWFLAKE", is_current=True)
    return {each.day: each.version for each in days}
