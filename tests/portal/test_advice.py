"""Advice: only what figures support, with what it would save."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scopes_disabled
from hypothesis import given, settings
from hypothesis import strategies as some
from pytest_django import DjangoAssertNumQueries, Settings

from portal.connections.models import Connection
from portal.connections.services import create_connection, set_schedule
from portal.costs.advice import (
    Advice,
    ConnectionUse,
    WarehouseUse,
    What,
    all_advice,
    nothing_new,
    smaller,
    sooner_asleep,
    unread,
)
from portal.costs.estimates import advice
from portal.costs.models import LedgerLine
from portal.costs.readings import note_reading
from portal.costs.run_days import CostDay
from portal.pipelines.models import Pipeline, Restraint
from portal.tenants.models import Tenant
from portal.warehouses.models import AccountState
from tests.portal.api_cast import World, the_world
from tests.portal.ledger_cast import Part, ledger_day, of_nobody
from tests.portal.past_runs import ran, spent

AT = datetime(2026, 11, 21, 5, 15, tzinfo=UTC)
TODAY = AT.date()
EURO = 10**9
IN_PEACE = settings(deadline=None)
SLEEPY = WarehouseUse(
    name="DEV_WH", days=30, direct=10 * EURO, idle=90 * EURO, size="Medium", suspend_seconds=600
)


def days(cost: int, *, number: int = 30, runs: int = 24, empty: int = 0) -> list[CostDay]:
    return [
        CostDay(
            day=TODAY - timedelta(days=back),
            runs=runs,
            seconds=60.0 * runs,
            cost=cost,
            empty=empty,
            empty_cost=cost * empty // runs,
        )
        for back in range(number, 0, -1)
    ]


def use(found: Sequence[CostDay], **values: Any) -> ConnectionUse:
    """Hourly, and read until yesterday."""
    usual: dict[str, Any] = {
        "path": "alster/tills",
        "tenant_id": 1,
        "connection_id": 2,
        "starts_per_day": 24.0,
        "last_read": TODAY - timedelta(days=1),
        "read_since": TODAY - timedelta(days=90),
    }
    return ConnectionUse(days=found, **{**usual, **values})


UNREAD = use(days(24 * EURO), last_read=TODAY - timedelta(days=20))
EMPTY = use(days(24 * EURO, empty=18))


def test_a_warehouse_that_falls_asleep_late_is_told_to_do_so_sooner() -> None:
    told = sooner_asleep(SLEEPY, "EUR")

    assert told is not None
    assert told.saving == 81 * EURO  # 540 of 600 seconds
    assert told.sentence == "Let DEV_WH sleep after 60 seconds, not after 600 seconds."
    assert ("Idle cost", "90.00 EUR") in told.basis
    assert ("Told from", "the two times alone: this at most") in told.basis


def test_how_long_queries_kept_it_up_says_more_than_the_two_times() -> None:
    told = sooner_asleep(replace(SLEEPY, tails=[60_000, 30_000, 90_000]), "EUR")

    assert told is not None
    assert told.saving == 90 * EURO * 30 // 180
    assert ("Told from", "how long each of 3 queries kept it up") in told.basis


def test_of_one_that_never_sleeps_only_its_queries_tell_the_saving() -> None:
    awake = replace(SLEEPY, suspend_seconds=0)

    assert sooner_asleep(awake, "EUR") is None
    told = sooner_asleep(replace(awake, tails=[60_000, 540_000]), "EUR")
    assert told is not None
    assert "now it never sleeps" in told.sentence


@pytest.mark.parametrize(
    "changed",
    [{"suspend_seconds": None}, {"suspend_seconds": 60}, {"days": 6}, {"idle": 0}],
)
def test_without_the_figures_nobody_is_told_to_sleep_sooner(changed: dict[str, Any]) -> None:
    assert sooner_asleep(replace(SLEEPY, **changed), "EUR") is None


def test_a_warehouse_that_mostly_idles_may_be_smaller() -> None:
    told = smaller(SLEEPY, "EUR")

    assert told is not None
    assert told.saving == 45 * EURO
    assert "it idles for 90 % of what it costs" in told.sentence


@pytest.mark.parametrize(
    "changed",
    [{"size": ""}, {"size": "X-Small"}, {"days": 6}, {"direct": 40 * EURO}, {"idle": -EURO}],
)
def test_without_the_figures_no_warehouse_should_be_smaller(changed: dict[str, Any]) -> None:
    assert smaller(replace(SLEEPY, **changed), "EUR") is None


def test_what_nobody_looks_at_needs_one_run_a_day() -> None:
    told = unread(UNREAD, TODAY, "EUR")

    assert told is not None
    assert told.saving == 30 * 23 * EURO
    assert "Run alster/tills once a day" in told.sentence
    assert ("Last looked at", "2026-11-01") in told.basis


@pytest.mark.parametrize(
    "changed",
    [
        {"last_read": TODAY - timedelta(days=13)},
        {"read_since": None},
        {"last_read": None, "read_since": TODAY - timedelta(days=13)},
        {"starts_per_day": 1.0},
        {"days": days(24 * EURO, number=6)},
        {"days": days(0)},
        {"days": days(EURO, runs=1)},
        {"days": []},
    ],
)
def test_what_may_be_looked_at_is_left_alone(changed: dict[str, Any]) -> None:
    assert unread(replace(UNREAD, **changed), TODAY, "EUR") is None


def test_runs_that_find_nothing_may_be_fewer() -> None:
    told = nothing_new(EMPTY, TODAY, "EUR")

    assert told is not None
    # Six of 24 runs a day found something: every four hours is as often.
    assert told.sentence.startswith("Run alster/tills every 4 hours: 75 % of its runs")
    assert told.saving == 30 * 18 * EURO
    assert ("Runs that found nothing", "540 of 720") in told.basis


@pytest.mark.parametrize(
    "changed",
    [
        {"days": days(EURO, empty=11)},
        {"days": days(EURO, number=6, empty=24)},
        {"days": days(EURO, number=10, runs=1, empty=1)},
        {"days": days(0, empty=18)},
        {"starts_per_day": 6.0},
        {"starts_per_day": 0.0},
        {"days": []},
    ],
)
def test_runs_that_find_something_or_cost_nothing_go_on(changed: dict[str, Any]) -> None:
    assert nothing_new(replace(EMPTY, **changed), TODAY, "EUR") is None


COST_DAYS = some.lists(
    some.integers(1, 200).flatmap(
        lambda runs: some.tuples(some.just(runs), some.integers(0, runs), some.integers(0, 10**13))
    ),
    max_size=30,
)


@IN_PEACE
@given(
    COST_DAYS,
    some.floats(0, 1440),
    some.none() | some.integers(0, 60),
    some.none() | some.integers(0, 60),
)
def test_nobody_saves_more_than_was_spent(
    drawn: list[tuple[int, int, int]], starts: float, read: int | None, since: int | None
) -> None:
    found = [
        replace(day, runs=runs, empty=empty, cost=cost, empty_cost=cost * empty // runs)
        for day, (runs, empty, cost) in zip(days(0, number=len(drawn)), drawn, strict=True)
    ]
    watched = use(
        found,
        starts_per_day=starts,
        last_read=None if read is None else TODAY - timedelta(days=read),
        read_since=None if since is None else TODAY - timedelta(days=since),
    )

    told = all_advice(warehouses=[], connections=[watched], today=TODAY, currency="EUR")

    assert len(told) <= 1
    spent_a_month = sum(day.cost for day in found) * 30 // max(len(found), 1)
    assert all(0 < each.saving <= spent_a_month for each in told)


@IN_PEACE
@given(some.lists(some.tuples(some.integers(0, 10**13), some.integers(1, 86_400)), max_size=8))
def test_the_biggest_saving_comes_first_and_each_is_named_once(
    drawn: list[tuple[int, int]],
) -> None:
    warehouses = [
        replace(SLEEPY, name=f"WH_{number}", idle=idle, suspend_seconds=suspend)
        for number, (idle, suspend) in enumerate(drawn)
    ]

    told = all_advice(warehouses=warehouses, connections=[], today=TODAY, currency="EUR")

    assert [each.saving for each in told] == sorted((each.saving for each in told), reverse=True)
    assert len({each.whom for each in told}) == len(told)


@pytest.fixture
def hourly(ready_tills: Connection) -> Connection:
    """For thirty days 24 runs a day at 24.00, a quarter of which found something."""
    set_schedule(connection=ready_tills, kind="INTERVAL", interval_minutes=60)
    with scopes_disabled():
        Pipeline.objects.create(connection=ready_tills)
    for back in range(1, 31):
        day = TODAY - timedelta(days=back)
        ran(ready_tills, day, times=6)
        ran(ready_tills, day, times=18, brought=0)
        spent(ready_tills.tenant, day, 8)
    return ready_tills


def created(tenant: Tenant, day: date) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(
        created_at=datetime(*day.timetuple()[:3], tzinfo=UTC)
    )


def kinds(found: list[Advice]) -> list[tuple[What, str, int]]:
    return [(each.what, each.whom, each.saving) for each in found]


def test_a_schedule_is_judged_by_its_runs(hourly: Connection) -> None:
    assert kinds(advice(at=AT)) == [(What.NOTHING_NEW, str(hourly), 30 * 18 * EURO)]


def test_a_tenant_whose_figures_nobody_reads_is_named(
    hourly: Connection, other_retailer: Tenant
) -> None:
    created(hourly.tenant, date(2026, 6, 1))
    note_reading(tenant=other_retailer, at=AT - timedelta(days=60))
    unread_since = advice(at=AT)

    note_reading(tenant=hourly.tenant, at=AT - timedelta(days=2))
    read = advice(at=AT)

    assert kinds(unread_since) == [(What.UNREAD, str(hourly), 30 * 23 * EURO)]
    assert [each.what for each in read] == [What.NOTHING_NEW]


def test_before_readings_are_noted_nobody_is_called_unread(hourly: Connection) -> None:
    created(hourly.tenant, date(2026, 6, 1))

    assert What.UNREAD not in {each.what for each in advice(at=AT)}


@pytest.mark.parametrize("level", [Restraint.Level.SLOWED, Restraint.Level.PAUSED])
def test_a_tenant_whom_its_budget_holds_back_is_advised_nothing(
    hourly: Connection, level: str
) -> None:
    with scopes_disabled():
        Restraint.objects.create(tenant=hourly.tenant, level=level, reason="Spent.", since=AT)

    assert advice(at=AT) == []


def test_a_connection_that_does_not_run_by_itself_is_advised_nothing(hourly: Connection) -> None:
    with scopes_disabled():
        Pipeline.objects.update(wanted=Pipeline.Wanted.PAUSED)
    paused = advice(at=AT)
    with scopes_disabled():
        Pipeline.objects.update(wanted=Pipeline.Wanted.ACTIVE)
    set_schedule(connection=hourly, kind="MANUAL")

    assert (paused, advice(at=AT)) == ([], [])


def idled(retailer: Tenant, *, until: date = TODAY) -> None:
    for back in range(1, 31):
        parts = [
            Part(retailer, "DIRECT", "0.5", warehouse="DEV_WH"),
            Part(retailer, "IDLE", "2", warehouse="DEV_WH"),
            of_nobody(Part(None, "IDLE", "1", warehouse="DEV_WH")),
            Part(retailer, "CLOUD_SERVICES", "9", warehouse="DEV_WH"),
        ]
        ledger_day(until - timedelta(days=back), parts)


SEEN = {"name": "DEV_WH", "size": "Small", "suspend_seconds": 120.0}


def test_a_warehouse_is_judged_by_whatever_kept_it_up(retailer: Tenant) -> None:
    idled(retailer)

    found = advice(at=AT, warehouses=[SEEN])

    # 9.00 a day idle, of which a suspend time of half as long spares half at most.
    assert kinds(found)[0][1:] == ("DEV_WH", 30 * 9 * EURO // 2)
    assert advice(at=AT) == []  # of a warehouse that nobody has seen, nothing is known


def test_a_tenants_tails_are_taken_into_account(retailer: Tenant) -> None:
    idled(retailer)

    found = advice(at=AT, warehouses=[SEEN], tails={"DEV_WH": [600_000]})

    assert kinds(found) == [(What.SUSPEND, "DEV_WH", 30 * 9 * EURO * 9 // 10)]


def test_all_advice_takes_few_queries_however_many_there_are(
    hourly: Connection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        more = create_connection(tenant=hourly.tenant, connector="prohandel", name=f"m-{number}")
        with scopes_disabled():
            Pipeline.objects.create(connection=more)

    with django_assert_max_num_queries(10):
        advice(at=AT)


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def test_the_api_lists_advice_with_its_figures(world: World) -> None:
    idled(world.alster.tenant, until=datetime.now(UTC).date())
    AccountState.objects.create(warehouses=[SEEN])

    answer = world.ask("GET", "/api/v1/platform/costs/advice", key=world.platform)

    assert answer.status_code == 200
    (told,) = answer.json()
    assert (told["what"], told["whom"], told["currency"]) == ("SUSPEND", "DEV_WH", "EUR")
    assert told["saving"].startswith("135.0")
    assert {"name": "Whole days", "figure": "30"} in told["basis"]


def test_the_api_tells_the_price_of_a_schedule_that_is_not_set(world: World) -> None:
    today = datetime.now(UTC).date()
    tills = world.alster.connection
    for back in range(1, 11):
        ran(tills, today - timedelta(days=back))
        spent(tills.tenant, today - timedelta(days=back), 1)
    door = f"{world.alster.tills}/schedule/price"

    priced = world.ask("GET", f"{door}?kind=INTERVAL&interval_minutes=1440").json()
    stranger = world.ask(
        "GET", f"{world.barmbek.tills}/schedule/price?kind=MANUAL", key=world.barmbek.secret
    ).json()
    operator = world.ask(
        "GET", f"{world.barmbek.tills}/schedule/price?kind=MANUAL", key=world.operator
    ).json()
    refused = world.ask("GET", f"{door}?kind=CRON&cron=0+0+31+2+*")

    assert (priced["basis"], priced["error"], priced["currency"]) == ("OWN", 0.0, "EUR")
    assert float(priced["likely"]) == 3 * priced["starts"]
    assert (stranger["basis"], stranger["likely"]) == ("NONE", None)
    assert operator["basis"] == "PEERS"
    assert refused.status_code == 400
    assert "0 0 31 2 * never comes." in refused.content.decode()
    with scopes_disabled():
        assert LedgerLine.objects.count() == 10
        tills.refresh_from_db()
        assert tills.schedule.kind == "MANUAL"
