"""What tenants use, added up by day, priced, and shown to nobody but the platform's people."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django_scopes import scope
from pytest_django import Settings

from portal.access.services import issue_key
from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.costs.models import DailyUsage
from portal.costs.selectors import daily_usage, sums_of
from portal.costs.services import cost_of, roll_up, roll_up_recent
from portal.runs.models import Run, StreamResult
from portal.tenants.models import Tenant
from tests.forms import browse

DAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 21, 4, tzinfo=UTC)
STEPS = {
    "extract": {"seconds": 30.0, "cpu_seconds": 1200.0},
    "transform": {"seconds": 20.0, "cpu_seconds": 600.125},
    "publish": {"seconds": 1.0},
}
pytestmark = pytest.mark.usefixtures("every_tenant")


def ended(
    connection: Connection, at: datetime, *, bytes_read: int = 0, steps: object = STEPS
) -> Run:
    run = Run.objects.create(
        tenant=connection.tenant,
        connection=connection,
        flow_run_id=uuid4(),
        status=Run.Status.COMPLETED,
        requested_at=at,
        finished_at=at,
        steps=steps,
    )
    StreamResult.objects.create(run=run, stream="sale", status="LANDED", bytes_read=bytes_read)
    StreamResult.objects.create(run=run, stream="branch", status="FAILED", bytes_read=5)
    return run


def platform_key() -> str:
    return issue_key(tenant=None, name="worker", scopes=["platform"], at=NIGHT).secret


def tell(client: Client, body: object, *, key: str) -> tuple[int, object]:
    answer = client.post(
        "/api/v1/platform/costs",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    return answer.status_code, answer.json()


def test_a_day_adds_up_the_processor_time_and_the_bytes_of_its_runs(tills: Connection) -> None:
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC), bytes_read=2_000_000_000)
    ended(tills, datetime(2026, 11, 20, 16, tzinfo=UTC), bytes_read=1)

    roll_up(day=DAY, at=NIGHT)

    usage = DailyUsage.objects.get()
    assert (usage.day, usage.runs, usage.bytes_read) == (DAY, 2, 2_000_000_011)
    assert usage.cpu_seconds == Decimal("3600.250")
    # An hour and a quarter of a second at 0.05, two gigabytes and eleven bytes at 0.01.
    assert usage.cost == Decimal("0.070003")
    assert (usage.currency, usage.bytes_stored) == ("EUR", None)


def test_a_run_belongs_to_the_day_of_its_tenants_own_clock(
    tills: Connection, other_retailer: Tenant
) -> None:
    other_retailer.time_zone = "Pacific/Auckland"
    other_retailer.save()
    theirs = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    # In Berlin it is the 21st since half an hour, in Auckland since half a day.
    half_past_midnight = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    ended(tills, half_past_midnight)
    ended(theirs, half_past_midnight)
    ended(tills, datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    ended(theirs, datetime(2026, 11, 20, 10, 59, tzinfo=UTC))

    roll_up(day=DAY, at=NIGHT)

    assert {(each.tenant_id, each.runs) for each in DailyUsage.objects.all()} == {
        (tills.tenant_id, 1),
        (other_retailer.pk, 1),
    }


def test_the_day_on_which_the_clocks_go_back_has_twenty_five_hours(tills: Connection) -> None:
    ended(tills, datetime(2026, 10, 24, 22, 0, tzinfo=UTC))
    ended(tills, datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    ended(tills, datetime(2026, 10, 25, 23, 0, tzinfo=UTC))

    roll_up(day=date(2026, 10, 25), at=NIGHT)

    assert DailyUsage.objects.get().runs == 2


def test_adding_up_again_changes_nothing(tills: Connection) -> None:
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC), bytes_read=77)
    roll_up(day=DAY, at=NIGHT)
    before = list(DailyUsage.objects.values())

    roll_up(day=DAY, at=NIGHT)

    assert list(DailyUsage.objects.values()) == before


def test_a_run_that_was_settled_late_is_counted_the_next_night(tills: Connection) -> None:
    roll_up_recent(at=NIGHT, bytes_stored={})
    ended(tills, datetime(2026, 11, 15, 12, tzinfo=UTC))

    roll_up_recent(at=NIGHT, bytes_stored={})

    assert [(each.day, each.runs) for each in DailyUsage.objects.all()] == [(date(2026, 11, 15), 1)]


def test_what_is_stored_stays_with_the_day_it_was_measured_for(tills: Connection) -> None:
    roll_up_recent(at=NIGHT, bytes_stored={tills.tenant.code: 4096})

    roll_up_recent(at=NIGHT, bytes_stored={})

    kept = DailyUsage.objects.get()
    assert (kept.day, kept.runs, kept.bytes_stored, kept.cost) == (DAY, 0, 4096, Decimal(0))


def test_steps_of_another_form_cost_nothing_and_break_nothing(tills: Connection) -> None:
    odd = {"a": 7, "b": {"cpu_seconds": "much"}, "c": {"cpu_seconds": None}, "d": {}}
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC), steps=odd)

    roll_up(day=DAY, at=NIGHT)

    assert DailyUsage.objects.get().cpu_seconds == 0


def test_costs_are_rounded_half_up_to_a_millionth(settings: Settings) -> None:
    settings.PRICE_PER_CPU_HOUR, settings.PRICE_PER_GB_READ = Decimal("0.0018"), Decimal(0)

    cost = cost_of(cpu_seconds=Decimal(1), bytes_read=10**18)

    assert str(cost) == "0.000001"


def test_the_database_refuses_a_second_line_for_a_day(tills: Connection) -> None:
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC))
    usage = roll_up(day=DAY, at=NIGHT)[0]
    usage.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        usage.save(force_insert=True)


def test_sums_never_add_two_currencies(tills: Connection, settings: Settings) -> None:
    for day, currency in ((18, "EUR"), (19, "EUR"), (20, "CHF")):
        settings.COST_CURRENCY = currency
        ended(tills, datetime(2026, 11, day, 12, tzinfo=UTC), bytes_read=95)
        roll_up(day=date(2026, 11, day), at=NIGHT)

    sums = sums_of(daily_usage())

    assert [(each.currency, each.runs, each.bytes_read) for each in sums] == [
        ("CHF", 1, 100),
        ("EUR", 2, 200),
    ]


def test_the_platforms_key_has_the_costs_added_up(client: Client, tills: Connection) -> None:
    status, answer = tell(
        client, {"bytes_stored": {str(tills.tenant.code): 12}}, key=platform_key()
    )

    assert (status, answer) == (200, {"days": 1})
    assert DailyUsage.objects.get().bytes_stored == 12


def test_a_size_without_a_tenants_code_is_refused(client: Client, db: None) -> None:
    status, answer = tell(client, {"bytes_stored": {"alster": 12}}, key=platform_key())

    assert status == 400
    assert "Name each tenant by its code." in str(answer)


def test_a_tenants_own_key_neither_adds_up_nor_lists(client: Client, retailer: Tenant) -> None:
    key = issue_key(tenant=retailer, name="own", scopes=["read", "write"], at=NIGHT).secret

    added, _ = tell(client, {}, key=key)
    listed = client.get("/api/v1/platform/tenants", headers={"Authorization": f"Bearer {key}"})

    assert {added, listed.status_code} <= {403, 404}
    assert not DailyUsage.objects.exists()


def test_a_worker_learns_where_every_tenants_data_is(
    client: Client, retailer: Tenant, other_retailer: Tenant
) -> None:
    headers = {"Authorization": f"Bearer {platform_key()}"}

    answer = client.get("/api/v1/platform/tenants", headers=headers)

    assert answer.json() == [
        {"code": str(each.code), "slug": each.slug, "engine": "DUCKDB"}
        for each in (retailer, other_retailer)
    ]


def test_an_operator_reads_costs_and_their_sum_and_changes_none(
    operator: Client, tills: Connection
) -> None:
    ended(tills, datetime(2026, 11, 19, 4, tzinfo=UTC), bytes_read=2_000_000_000)
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC))
    for day in (DAY, date(2026, 11, 19)):
        roll_up(day=day, at=NIGHT)

    page = browse(operator, "/admin/costs/dailyusage/")

    assert "0.025002 EUR" in page.words
    assert "0.045002 EUR" in page.words
    assert re.search(r"Sum of what is listed.* EUR 2 3,600.2 1.9\sGB 0.070004 EUR", page.words)
    assert operator.get("/admin/costs/dailyusage/add/").status_code == 403


def test_charlie_sees_no_costs(client: Client, charlie: User, tills: Connection) -> None:
    ended(tills, datetime(2026, 11, 20, 4, tzinfo=UTC))
    roll_up(day=DAY, at=NIGHT)
    client.force_login(charlie)

    answer = client.get("/admin/costs/dailyusage/")

    assert answer.status_code == 302


def test_every_flow_of_the_platform_runs_by_itself() -> None:
    file = Path(__file__).parents[2] / "prefect.yaml"

    planned = {
        each["entrypoint"].rpartition(":")[2]: each["schedules"][0]["cron"]
        for each in yaml.safe_load(file.read_text())["deployments"]
        if each["name"] != "on-request"
    }

    assert planned == {
        "reconcile": "*/5 * * * *",
        "maintain": "30 3 * * *",
        "collect_costs": "0 4 * * *",
        "snowflake": "7,22,37,52 * * * *",
    }


def test_alice_s_tenant_in_scope_shows_only_its_own_costs(
    tills: Connection, other_retailer: Tenant
) -> None:
    theirs = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    for connection in (tills, theirs):
        ended(connection, datetime(2026, 11, 20, 4, tzinfo=UTC))
    roll_up(day=DAY, at=NIGHT)

    with scope(tenant=tills.tenant):
        seen = [usage.tenant for usage in daily_usage()]

    assert seen == [tills.tenant]
