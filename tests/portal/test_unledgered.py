"""What runs are believed to have cost until the ledger has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pytest_django import Settings

from portal.connections.models import Connection
from portal.costs.budgets import apply_budgets
from portal.costs.ledger import confirm_days
from portal.costs.models import NANOS, LedgerDay
from portal.costs.standing import standing
from portal.costs.unledgered import estimates
from tests.portal.budget_cast import DAY, HOUR, NOW, TODAY, bound, level_of, spend
from tests.portal.ledger_said import euros, line, take
from tests.portal.past_runs import ended_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


def test_runs_that_are_not_in_the_ledger_are_priced_as_they_were_measured(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR, settings.PRICE_PER_GB_READ = Decimal(36), Decimal(2)
    ended_run(tills, NOW - HOUR, cpu=100, read=10**9)

    found = standing(tenant=tills.tenant, at=NOW)

    # 100 s at a cent each, and twice a GB.
    assert (found.ledgered, found.unledgered) == (0, 5 * NANOS)


def test_runs_that_the_ledger_has_are_not_counted_twice(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    taken = datetime(2026, 11, 20, 9, tzinfo=UTC)
    for hours in (-48, -2, 1, 2):
        ended_run(tills, taken + hours * HOUR, cpu=1)
    for day in (18, 19, 20):
        spend(tills.tenant, 7, day=date(2026, 11, day), at=taken)

    assert estimates(at=NOW) == {tills.tenant.pk: 2 * NANOS}


def test_runs_of_a_day_that_has_no_ledger_are_counted(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    ended_run(tills, NOW - 2 * DAY, cpu=1)
    spend(tills.tenant, 7)

    assert estimates(at=NOW) == {tills.tenant.pk: NANOS}


def test_a_ledger_that_came_for_an_old_day_says_nothing_of_today(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    spend(tills.tenant, 7, at=NOW - 4 * HOUR)
    ended_run(tills, NOW - 2 * HOUR, cpu=1)

    spend(tills.tenant, 7, day=TODAY - 3 * DAY)

    assert estimates(at=NOW) == {tills.tenant.pk: NANOS}


def test_a_day_that_is_said_again_is_ledgered_through_that_moment(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    spend(tills.tenant, 7, at=NOW - 4 * HOUR)
    ended_run(tills, NOW - 2 * HOUR, cpu=1)
    ended_run(tills, NOW - HOUR / 12, cpu=10)

    spend(tills.tenant, 7, at=NOW)

    # What ended five minutes ago may be too new for it.
    assert estimates(at=NOW) == {tills.tenant.pk: 10 * NANOS}


def test_a_day_that_is_confirmed_is_ledgered_through_that_moment(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    yesterday = TODAY - DAY
    for day in (TODAY, yesterday):
        spend(tills.tenant, 7, day=day, at=NOW - 3 * HOUR - (TODAY - day))
        ended_run(tills, NOW - HOUR - (TODAY - day), cpu=1)

    confirmed = confirm_days(engine="DUCKDB", days=[TODAY, TODAY - 2 * DAY], at=NOW)

    assert confirmed == [TODAY]
    assert estimates(at=NOW) == {tills.tenant.pk: NANOS}


def test_who_was_slow_to_confirm_takes_nothing_back(tills: Connection) -> None:
    spend(tills.tenant, 7, at=NOW)

    confirm_days(engine="DUCKDB", days=[TODAY], at=NOW - HOUR)
    confirm_days(engine="SNOWFLAKE", days=[TODAY], at=NOW + HOUR)

    assert LedgerDay.objects.get().seen_at == NOW


def test_runs_of_an_earlier_month_are_not_counted(tills: Connection, settings: Settings) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    ended_run(tills, datetime(2026, 10, 31, 23, 59, tzinfo=UTC), cpu=1)

    assert estimates(at=NOW) == {}


def test_a_run_on_snowflake_is_believed_to_cost_what_runs_of_its_tenant_did(
    on_snowflake: Connection,
) -> None:
    for day, runs, amount in ((10, 1, 3), (11, 2, 8), (12, 1, 100)):
        at = datetime(2026, 11, day, 12, tzinfo=UTC)
        for _ in range(runs):
            ended_run(on_snowflake, at)
        storage = line(euros(1000), of=on_snowflake.tenant, kind="STORAGE")
        spent = line(euros(amount), of=on_snowflake.tenant)
        take(spent, storage, day=at.date(), at=NOW - 8 * HOUR, engine="SNOWFLAKE")
    spend(on_snowflake.tenant, 0, day=TODAY, at=NOW - 8 * HOUR, engine="SNOWFLAKE")
    ended_run(on_snowflake, NOW - HOUR)
    ended_run(on_snowflake, NOW - 2 * HOUR)

    # The median of 3, 4 and 100 for each of two runs.
    assert estimates(at=NOW) == {on_snowflake.tenant.pk: 8 * NANOS}


def test_a_run_on_snowflake_without_history_is_believed_to_cost_nothing(
    on_snowflake: Connection,
) -> None:
    ended_run(on_snowflake, NOW - HOUR)

    assert estimates(at=NOW) == {on_snowflake.tenant.pk: 0}


def test_what_is_not_in_the_ledger_yet_reaches_a_step(
    tills: Connection, settings: Settings
) -> None:
    settings.PRICE_PER_CPU_HOUR = Decimal(3600)
    bound(tills.tenant)
    ended_run(tills, NOW - HOUR, cpu=120)

    apply_budgets(at=NOW)

    assert level_of(tills.tenant) == "PAUSED"
