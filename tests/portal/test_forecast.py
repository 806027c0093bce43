"""Forecasts of a month: what holds for any history, and what is fetched for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django_scopes import scopes_disabled
from hypothesis import given, settings
from hypothesis import strategies as some
from pytest_django import DjangoAssertNumQueries

from portal.connections.models import Connection
from portal.costs.back_test import Trial, middle, quantile, typical_error
from portal.costs.estimates import platform_forecast, tenant_forecast, tenant_forecasts
from portal.costs.forecast import LEAST_DAYS, Forecast, month_forecast
from portal.tenants.models import Tenant
from tests.portal.ledger_cast import Part, correction, ledger_day, of_nobody
from tests.portal.past_runs import ran

TODAY = date(2026, 11, 21)  # a Saturday
# The machine may be busy with other tests.
IN_PEACE = settings(deadline=None)
AT = datetime(2026, 11, 21, 5, 15, tzinfo=UTC)
MOST = 10**15  # a million a day
DAYS = some.dates(date(2024, 1, 1), date(2030, 12, 31))
COSTS = some.integers(-MOST, MOST)


@some.composite
def histories(draw: some.DrawFn, *, costs: some.SearchStrategy[int] = COSTS) -> dict[str, object]:
    """What `month_forecast` takes: a few weeks, perhaps with gaps, and some days that still run."""
    today = draw(DAYS)
    past = draw(some.lists(some.none() | costs, max_size=100))
    known = {
        today - timedelta(days=number): cost
        for number, cost in enumerate(past, start=1)
        if cost is not None
    }
    running = draw(some.dictionaries(some.integers(0, 3), costs, max_size=3))
    so_far = {today - timedelta(days=back): cost for back, cost in running.items()}
    return {
        "days": {day: cost for day, cost in known.items() if day not in so_far},
        "so_far": so_far,
        "today": today,
        "posted": draw(costs),
        "unledgered": abs(draw(costs)),
    }


def told(**history: object) -> Forecast:
    return month_forecast(**history)  # type: ignore[arg-type]  # drawn by hypothesis


def steady(days: int, cost: int, *, today: date = TODAY) -> dict[date, int]:
    return {today - timedelta(days=back): cost for back in range(1, days + 1)}


@IN_PEACE
@given(histories())
def test_a_month_never_ends_below_what_it_cost_already(history: dict[str, object]) -> None:
    forecast = told(**history)

    if forecast.value is not None:
        assert forecast.value >= forecast.to_date
    if forecast.low is not None and forecast.value is not None and forecast.high is not None:
        assert forecast.to_date <= forecast.low <= forecast.value <= forecast.high


@IN_PEACE
@given(histories(), some.integers(2, 1000))
def test_in_another_currency_it_says_the_same(history: dict[str, object], rate: int) -> None:
    def changed(value: object) -> object:
        match value:
            case dict():
                return {day: cost * rate for day, cost in value.items()}
            case int():
                return value * rate
            case _:
                return value

    one = told(**history)
    other = told(**{name: changed(value) for name, value in history.items()})

    # A median between two days and a mean are whole billionths: each day may differ by one.
    rounding = 31 * rate
    assert other.to_date == rate * one.to_date
    assert other.windows == one.windows
    for before, after in ((one.value, other.value), (one.low, other.low), (one.high, other.high)):
        assert (before is None) == (after is None)
        assert abs((after or 0) - rate * (before or 0)) <= 2 * rounding


@IN_PEACE
@given(DAYS, some.integers(LEAST_DAYS, 90), some.integers(0, MOST))
def test_a_steady_cost_goes_on(today: date, days: int, cost: int) -> None:
    history = steady(days, cost, today=today)
    begin = max(today.replace(day=1), min(history))

    forecast = month_forecast(days=history, so_far={}, today=today)

    following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    assert forecast.value == cost * (following - begin).days
    assert forecast.error in {0, None}
    assert forecast.low in {forecast.value, None}
    assert forecast.high in {forecast.value, None}


@IN_PEACE
@given(DAYS)
def test_what_cost_nothing_is_expected_to_cost_nothing(today: date) -> None:
    forecast = month_forecast(days=steady(60, 0, today=today), so_far={today: 0}, today=today)

    assert (forecast.value, forecast.low, forecast.high, forecast.error) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("known", "sentence"),
    [(0, "0 whole days are known"), (1, "one whole day is known"), (6, "6 whole days are known")],
)
def test_too_little_history_is_said_and_no_figure_is_made_up(known: int, sentence: str) -> None:
    forecast = month_forecast(days=steady(known, 10**9), so_far={TODAY: 5}, today=TODAY)

    assert (forecast.value, forecast.low, forecast.high, forecast.error) == (None,) * 4
    assert forecast.to_date == known * 10**9 + 5
    assert sentence in forecast.sentence


def test_an_old_history_says_nothing_about_now() -> None:
    long_ago = steady(30, 10**9, today=TODAY - timedelta(weeks=7))

    assert month_forecast(days=long_ago, so_far={}, today=TODAY).value is None


def test_a_short_history_gives_a_figure_but_not_how_far_off_it_is() -> None:
    forecast = month_forecast(days=steady(10, 10**9), so_far={}, today=TODAY)

    assert forecast.value == 20 * 10**9  # from the 11th on: before, there was nothing
    assert (forecast.low, forecast.high, forecast.error) == (None, None, None)
    assert "Too few days" in forecast.sentence


def test_weekdays_and_weekends_are_told_apart() -> None:
    history = {
        day: 100 if day.weekday() < 5 else 10
        for day in (TODAY - timedelta(days=back) for back in range(1, 43))
    }

    forecast = month_forecast(days=history, so_far={}, today=TODAY)

    # 21 weekdays and 9 days of weekends in November 2026.
    assert forecast.value == 21 * 100 + 9 * 10
    assert forecast.error == 0


def test_a_single_day_out_of_line_changes_no_expectation() -> None:
    history = steady(42, 100) | {TODAY - timedelta(days=9): 1_000_000}

    forecast = month_forecast(days=history, so_far={}, today=TODAY)

    assert forecast.value == forecast.to_date + 10 * 100


def test_a_day_that_costs_more_than_expected_counts_as_what_it_costs() -> None:
    forecast = month_forecast(days=steady(42, 100), so_far={TODAY: 250}, today=TODAY)

    assert forecast.value == 20 * 100 + 250 + 9 * 100


def test_what_runs_cost_that_no_ledger_has_counts_once() -> None:
    little, much = (
        month_forecast(days=steady(42, 100), so_far={TODAY: 10}, today=TODAY, unledgered=cost)
        for cost in (30, 300)
    )

    assert (little.to_date, little.value) == (20 * 100 + 40, 30 * 100)
    assert (much.to_date, much.value) == (20 * 100 + 310, 20 * 100 + 310 + 9 * 100)


def test_what_was_not_foreseen_before_widens_the_range() -> None:
    history = {day: cost * (1 + day.day % 3) for day, cost in steady(77, 100).items()}

    forecast = month_forecast(days=history, so_far={}, today=TODAY)

    assert forecast.error is not None
    assert forecast.low is not None
    assert forecast.high is not None
    assert forecast.error > 0
    assert forecast.low < forecast.high
    assert f"{forecast.windows} past days" in forecast.sentence


@IN_PEACE
@given(some.lists(COSTS, min_size=1))
def test_a_quantile_is_one_of_the_values_and_in_order(values: list[int]) -> None:
    found = [quantile(values, percent) for percent in (0, 10, 50, 90, 100)]

    assert found == sorted(found)
    assert set(found) <= set(values)
    assert (found[0], found[-1]) == (min(values), max(values))
    assert min(values) <= middle(values) <= max(values)


def test_an_error_is_a_share_of_what_it_really_was() -> None:
    trials = [Trial(said=90, was=100), Trial(said=100, was=50), Trial(said=7, was=0)]

    assert [trial.error for trial in trials] == [0.1, 1.0, 1.0]
    assert typical_error(trials) == 1.0
    assert Trial(said=0, was=0).error == 0


def spend(tenant: Tenant, *, days: int, credit: str = "2", engine: str = "DUCKDB") -> None:
    for back in range(1, days + 1):
        ledger_day(TODAY - timedelta(days=back), [Part(tenant, "DIRECT", credit)], engine=engine)


def test_a_tenants_forecast_is_of_its_own_costs(retailer: Tenant, other_retailer: Tenant) -> None:
    spend(retailer, days=42)

    forecasts = tenant_forecasts(at=AT)

    assert forecasts[retailer.pk].value == 30 * 6 * 10**9
    assert forecasts[retailer.pk] == tenant_forecast(tenant=retailer, at=AT)
    assert forecasts[other_retailer.pk].to_date == 0


def test_the_platforms_forecast_counts_what_nobody_caused(retailer: Tenant) -> None:
    for back in range(1, 43):
        parts = [Part(retailer, "DIRECT", "2"), of_nobody(Part(None, "UNATTRIBUTED", "1"))]
        ledger_day(TODAY - timedelta(days=back), parts)

    assert platform_forecast(at=AT).value == 30 * 9 * 10**9


def test_a_correction_counts_in_the_month_it_is_posted_in(retailer: Tenant) -> None:
    spend(retailer, days=42)
    october = ledger_day(date(2026, 10, 1), [], engine="DUCKDB", version=2, is_current=False)
    correction(october, [Part(retailer, "DIRECT", "-1")], posted_on=date(2026, 11, 7))

    assert tenant_forecast(tenant=retailer, at=AT).value == (30 * 6 - 3) * 10**9


def test_a_day_without_a_bill_is_whole_only_when_it_is_old(retailer: Tenant) -> None:
    for back in range(42, 0, -1):
        part = Part(retailer, "DIRECT", "2" if back > 1 else "0.1")
        ledger_day(TODAY - timedelta(days=back), [part], engine="DUCKDB", is_billed=back > 5)

    forecast = tenant_forecast(tenant=retailer, at=AT)

    # Yesterday has just begun to be told: it is expected to cost what other days do.
    assert forecast.to_date == 19 * 6 * 10**9 + 3 * 10**8
    assert forecast.value == 30 * 6 * 10**9


def test_runs_that_ended_after_the_newest_ledger_count_in_what_it_cost(
    ready_tills: Connection,
) -> None:
    spend(ready_tills.tenant, days=42)
    before = tenant_forecast(tenant=ready_tills.tenant, at=AT)
    (run,) = ran(ready_tills, TODAY)
    with scopes_disabled():
        run.steps = {"extract": {"cpu_seconds": 3600.0}}
        run.save()

    after = tenant_forecast(tenant=ready_tills.tenant, at=AT)

    assert after.to_date > before.to_date
    assert after.value == before.value  # it is what was expected of today


def test_the_platforms_days_are_whole_when_those_of_every_engine_are(retailer: Tenant) -> None:
    spend(retailer, days=42)
    for back in range(2, 43):
        ledger_day(TODAY - timedelta(days=back), [of_nobody(Part(None, "STORAGE", "1"))])

    forecast = platform_forecast(at=AT)

    assert forecast.to_date == (20 * 6 + 19 * 3) * 10**9
    assert forecast.value == 30 * 9 * 10**9


def test_what_a_tenant_cost_before_it_moved_is_not_forgotten(retailer: Tenant) -> None:
    spend(retailer, days=42)
    Tenant.objects.filter(pk=retailer.pk).update(engine=Tenant.Engine.SNOWFLAKE)
    for back in range(1, 5):
        ledger_day(TODAY - timedelta(days=back), [Part(retailer, "DIRECT", "1")])
    retailer.refresh_from_db()

    forecast = tenant_forecast(tenant=retailer, at=AT)

    assert forecast.to_date == (20 * 6 + 4 * 3) * 10**9
    assert forecast.days == 28  # of the four weeks that are remembered


def test_all_forecasts_take_as_many_queries_as_one(
    retailer: Tenant,
    other_retailer: Tenant,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    spend(retailer, days=3)

    with django_assert_max_num_queries(12):  # half of them on runs that no ledger has
        tenant_forecasts(at=AT)
