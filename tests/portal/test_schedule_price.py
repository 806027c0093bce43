"""What a schedule would cost: how often it starts, and what runs have cost so far."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as some

from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.costs.estimates import schedule_price
from portal.costs.price_words import basis_sentence, price_sentence
from portal.costs.run_days import CostDay, RunDay, shared
from portal.costs.schedule_price import Basis, SchedulePrice, price
from portal.lib.errors import Refused
from portal.pipelines.counting import runs_that_fit, start_seconds
from portal.pipelines.desired import Timing
from portal.pipelines.starts import starts_after
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.ledger_cast import Part, ledger_day
from tests.portal.past_runs import ran, spent

# The machine may be busy with other tests.
IN_PEACE = settings(deadline=None)
AT = datetime(2026, 11, 21, 5, 15, tzinfo=UTC)
TODAY = AT.date()
DECEMBER = date(2026, 12, 1)
DAILY = Timing(cron="15 2 * * *", time_zone="Europe/Berlin")
EURO = 10**9


def field(smallest: int, largest: int) -> some.SearchStrategy[str]:
    numbers = some.integers(smallest, largest)
    return some.one_of(
        some.just("*"),
        some.lists(numbers, min_size=1, max_size=3, unique=True).map(
            lambda found: ",".join(map(str, found))
        ),
        some.integers(1, largest).map(lambda step: f"*/{step}"),
        some.tuples(numbers, numbers).map(sorted).map(lambda ends: f"{ends[0]}-{ends[1]}"),
    )


CRONS = some.tuples(field(0, 59), field(0, 23), field(1, 28), some.just("*"), field(0, 6)).map(
    " ".join
)
ZONES = some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])


def stepped_through(timing: Timing, month: date, end: date) -> int:
    """Counted one by one, as the admin shows the next starts."""
    zone = ZoneInfo(timing.time_zone)
    begin, last = (datetime.combine(day, time(), zone) for day in (month, end))
    starts = starts_after(timing, begin - timedelta(microseconds=1), count=400)
    return sum(start < last for start in starts)


@IN_PEACE
@given(CRONS, ZONES)
def test_starts_of_a_cron_expression_are_those_that_come_one_by_one(cron: str, zone: str) -> None:
    timing = Timing(cron=cron, time_zone=zone)

    # Few enough days to step through; no clock is changed in them.
    counted = start_seconds(timing, begin=date(2026, 6, 1), end=date(2026, 6, 4))

    assert counted == sorted(counted)
    assert min(len(counted), 400) == stepped_through(timing, date(2026, 6, 1), date(2026, 6, 4))


@IN_PEACE
@given(some.integers(60, 10_080), ZONES, some.sampled_from([1, 3, 6, 11]))
@example(60, "America/New_York", 11)  # an hour of its first day is repeated
def test_starts_of_an_interval_are_those_that_come_one_by_one(
    minutes: int, zone: str, month: int
) -> None:
    timing = Timing(interval_seconds=60.0 * minutes, time_zone=zone)
    begin, end = date(2026, month, 1), date(2026, month, 15)

    counted = start_seconds(timing, begin=begin, end=end)

    assert counted == sorted(counted)
    assert len(counted) == stepped_through(timing, begin, end)


@pytest.mark.parametrize(
    ("timing", "starts"),
    [
        (DAILY, 31),
        (Timing(cron="* * * * *"), 31 * 1440),
        (Timing(cron="0 8-18/2 * * 1-5"), 23 * 6),
        (Timing(cron="0 0 29 2 *"), 0),
        (Timing(interval_seconds=3600.0, time_zone="Europe/Berlin"), 31 * 24),
        (Timing(interval_seconds=604_800.0, time_zone="Europe/Berlin"), 4),
    ],
)
def test_a_real_month_is_counted(timing: Timing, starts: int) -> None:
    assert price(timing=timing, month=DECEMBER, own=[], peers={}).starts == starts


@IN_PEACE
@given(
    some.lists(some.integers(0, 10_000), unique=True).map(sorted),
    some.floats(0, 5_000),
    some.floats(0, 5_000),
)
def test_longer_runs_never_fit_more_often(starts: list[int], one: float, other: float) -> None:
    shorter, longer = sorted([one, other])

    assert runs_that_fit(starts, seconds=longer) <= runs_that_fit(starts, seconds=shorter)
    assert runs_that_fit(starts, seconds=0) == len(starts)
    assert (runs_that_fit(starts, seconds=longer) > 0) == bool(starts)


def days(*costs: int, runs: int = 1, seconds: float = 60.0) -> list[CostDay]:
    begin = TODAY - timedelta(days=len(costs))
    return [
        CostDay(begin + timedelta(days=number), runs, seconds * runs, cost)
        for number, cost in enumerate(costs)
    ]


def test_the_price_is_runs_times_what_a_run_cost_on_past_days() -> None:
    own = days(*(EURO * each for each in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))

    told = price(timing=DAILY, month=DECEMBER, own=own, peers={})

    assert (told.basis, told.days, told.runs) == (Basis.OWN, 10, 31)
    assert (told.low, told.likely, told.high) == (31 * EURO, 31 * 55 * EURO // 10, 31 * 9 * EURO)


def test_the_error_is_that_of_this_very_method_on_past_days() -> None:
    steady = price(timing=DAILY, month=DECEMBER, own=days(*[EURO] * 10), peers={})
    doubled = price(timing=DAILY, month=DECEMBER, own=days(*[EURO] * 5, *[2 * EURO] * 3), peers={})

    assert steady.error == 0
    assert doubled.error == 0.5
    assert price(timing=DAILY, month=DECEMBER, own=days(*[EURO] * 7), peers={}).error is None


def test_peers_stand_in_while_there_are_few_days_of_its_own() -> None:
    peers = {1: days(*[2 * EURO] * 4), 2: days(*[2 * EURO] * 4), 3: days(*[4 * EURO] * 4)}

    told = price(timing=DAILY, month=DECEMBER, own=days(*[EURO] * 4), peers=peers)

    assert (told.basis, told.days, told.peers) == (Basis.PEERS, 12, 3)
    assert told.likely == 31 * 2 * EURO
    # The first two are told from one like them and one of twice the cost, the third from both.
    assert told.error == 0.5


def test_without_any_days_no_price_is_made_up() -> None:
    told = price(timing=DAILY, month=DECEMBER, own=days(*[EURO] * 4), peers={1: []})

    assert (told.basis, told.low, told.likely, told.high) == (Basis.NONE, None, None, None)
    assert "cannot be told" in price_sentence(told, currency="EUR")
    assert "Neither it nor others" in basis_sentence(told)


def test_a_run_that_goes_on_beyond_the_next_start_is_counted_once() -> None:
    own = days(*[EURO] * 8, seconds=150.0)

    told = price(timing=Timing(cron="* * * * *"), month=DECEMBER, own=own, peers={})

    assert (told.starts, told.runs) == (44_640, 14_880)
    assert "14,880 of 44,640 starts run" in price_sentence(told, currency="EUR")


@IN_PEACE
@given(
    some.lists(some.integers(0, 10**12), min_size=5, max_size=60),
    some.integers(1, 50),
    some.integers(2, 1000),
)
def test_prices_are_in_order_and_follow_the_currency(
    costs: list[int], runs: int, rate: int
) -> None:
    one, other = (
        price(timing=DAILY, month=DECEMBER, own=days(*each, runs=runs), peers={})
        for each in (costs, [rate * cost for cost in costs])
    )

    assert one.low is not None
    assert one.likely is not None
    assert one.high is not None
    assert other.likely is not None
    assert 0 <= one.low <= one.likely <= one.high
    assert abs(other.likely - rate * one.likely) <= 2 * 31 * rate  # whole billionths of each run


@IN_PEACE
@given(some.lists(some.integers(-EURO, EURO), min_size=1, max_size=5))
def test_what_varies_is_shared_and_never_more_than_the_day_cost(costs: list[int]) -> None:
    runs = [
        RunDay(connection=number, tenant=1, day=TODAY, runs=1 + number, seconds=10.0 * number)
        for number, _ in enumerate(costs)
    ]

    parts = shared({1: {TODAY: sum(costs)}}, runs)

    total = sum(part.cost for its_days in parts.values() for part in its_days)
    assert max(sum(costs), 0) - len(costs) <= total <= max(sum(costs), 0)


@pytest.fixture
def running(ready_tills: Connection) -> Connection:
    """For ten days, twice a day, at 3.00 a day."""
    for back in range(1, 11):
        day = TODAY - timedelta(days=back)
        ran(ready_tills, day, times=2)
        spent(ready_tills.tenant, day, 1)
    return ready_tills


def test_a_price_is_told_from_the_ledger_and_the_runs(running: Connection) -> None:
    told = schedule_price(connection=running, kind="CRON", cron="15 2 * * *", at=AT)

    assert (told.month, told.basis, told.days) == (DECEMBER, Basis.OWN, 10)
    assert told.likely == 31 * 15 * EURO // 10
    assert told.error == 0


def test_connections_share_a_day_by_how_long_their_runs_took(running: Connection) -> None:
    erp = create_connection(tenant=running.tenant, connector="prohandel", name="erp")
    for back in range(1, 11):
        ran(erp, TODAY - timedelta(days=back), seconds=360)

    tills = schedule_price(connection=running, kind="CRON", cron="15 2 * * *", at=AT)
    other = schedule_price(connection=erp, kind="CRON", cron="15 2 * * *", at=AT)

    # A quarter of 3.00 for two runs of a minute each, the rest for one of six minutes.
    assert tills.likely == 31 * 375 * EURO // 1000
    assert other.likely == 31 * 225 * EURO // 100


def test_storage_is_no_part_of_what_a_run_costs(running: Connection) -> None:
    before = schedule_price(connection=running, kind="INTERVAL", interval_minutes=60, at=AT)
    for back in range(1, 11):
        parts = [Part(running.tenant, "DIRECT", "1"), Part(running.tenant, "STORAGE", "7")]
        ledger_day(TODAY - timedelta(days=back), parts, engine="DUCKDB", version=2)

    after = schedule_price(connection=running, kind="INTERVAL", interval_minutes=60, at=AT)

    assert after == before


def test_a_new_connection_is_told_from_others_like_it(
    running: Connection, other_retailer: Tenant
) -> None:
    new = create_connection(tenant=other_retailer, connector="prohandel", name="tills")

    told = schedule_price(connection=new, kind="CRON", cron="15 2 * * *", at=AT)

    assert (told.basis, told.days, told.peers) == (Basis.PEERS, 10, 1)
    assert told.likely == 31 * 15 * EURO // 10
    assert "10 days of another connection" in basis_sentence(told)


def test_who_may_not_see_others_costs_is_told_nothing_of_few_others(
    running: Connection, other_retailer: Tenant
) -> None:
    new = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    second = create_connection(tenant=running.tenant, connector="prohandel", name="second")

    strange = schedule_price(connection=new, kind="MANUAL", at=AT, least_others=2)
    own = schedule_price(connection=second, kind="MANUAL", at=AT, least_others=2)

    assert strange.basis == Basis.NONE
    assert own.basis == Basis.PEERS  # of the same tenant


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"kind": "CRON", "cron": "61 2 * * *"}, "Write the schedule as five cron fields"),
        ({"kind": "CRON", "cron": "0 0 31 2 *"}, "0 0 31 2 * never comes."),
        ({"kind": "INTERVAL"}, "Choose an interval of 1 to 10080 minutes"),
        ({"kind": "HOURLY"}, "A schedule is one of MANUAL, INTERVAL, CRON."),
    ],
)
def test_an_impossible_schedule_has_no_price(
    tills: Connection, asked: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        schedule_price(connection=tills, at=AT, **asked)

    assert sentence in refused.value.message


def sentence(**values: Any) -> str:
    shown: dict[str, Any] = {
        "month": DECEMBER,
        "is_scheduled": True,
        "starts": 31,
        "runs": 31,
        **values,
    }
    return price_sentence(SchedulePrice(**shown), currency="EUR")


def test_prices_in_words() -> None:
    priced = {"low": 10 * EURO, "likely": 12 * EURO, "high": 1_500 * EURO}

    assert sentence(**priced) == (
        "In December 2026 it costs about 12.00 EUR, between 10.00 and 1,500.00: it runs 31 times."
    )
    assert sentence(starts=1, runs=1).startswith("It starts once in December 2026.")
    assert (
        sentence(starts=0, runs=0)
        == "It does not start in December 2026, so it costs nothing then."
    )
    assert sentence(is_scheduled=False) == "It runs only when asked."


def fragment(client: Client, connection: Connection, **asked: object) -> str:
    path = f"/admin/connections/connection/{connection.pk}/price/"
    return browse(
        client, f"{path}?{'&'.join(f'{name}={value}' for name, value in asked.items())}"
    ).words


@pytest.fixture
def lately(ready_tills: Connection) -> Connection:
    """As `running`, for pages, which go by the clock."""
    today = datetime.now(UTC).date()
    for back in range(1, 11):
        ran(ready_tills, today - timedelta(days=back), times=2)
        spent(ready_tills.tenant, today - timedelta(days=back), 1)
    return ready_tills


def test_the_admin_tells_the_price_of_what_is_being_entered(
    operator: Client, lately: Connection
) -> None:
    words = fragment(operator, lately, kind="INTERVAL", interval_minutes=1440)

    assert "about 4" in words  # 28 to 31 times 1.50
    assert "Told from what its own runs cost on 10 days." in words
    assert fragment(operator, lately, kind="CRON", cron="0+0+31+2+*").startswith("0 0 31 2 * never")
    assert fragment(operator, lately, kind="INTERVAL", interval_minutes="often").startswith(
        "Choose"
    )


def test_the_setup_shows_the_price_of_what_is_saved_and_of_what_could_not_be(
    operator: Client, lately: Connection
) -> None:
    setup = f"/admin/connections/connection/{lately.pk}/setup/"
    page = browse(operator, setup)

    saved = page.press("Save", kind="INTERVAL", interval_minutes=1440)
    refused = saved.press("Save", kind="CRON", cron="0 0 31 2 *")

    assert "It runs only when asked. A run costs about 1.5" in page.words
    assert "times." in saved.words
    assert "about 4" in saved.words  # 28 to 31 times 1.50
    assert refused.words.count("0 0 31 2 * never comes.") == 2  # beside the input as well


def test_only_who_may_edit_a_connection_may_ask_what_it_would_cost(
    client: Client, lately: Connection, bob: object
) -> None:
    path = f"/admin/connections/connection/{lately.pk}/price/?kind=MANUAL"

    assert client.get(path).status_code == 302
    client.login(username="bob", password="bob")
    assert client.get(path).status_code == 302
