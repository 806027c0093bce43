"""What runs used, whatever became of their connections, their tenants, and their engines."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.db import connection as database
from pytest_django import Settings

from portal.connections.models import Connection
from portal.connections.services import create_connection, remove_connection
from portal.costs.budgets import apply_budgets
from portal.costs.measured import cpu_seconds, measured_runs
from portal.costs.models import NANOS, MeasuredRun
from portal.costs.standing import standing
from portal.costs.unledgered import estimates
from portal.pipelines.prefect import PrefectApi
from portal.runs.models import Run
from portal.runs.services import claim_run, finish_run, run_now
from portal.tenants.models import Tenant
from portal.tenants.services import change_engine
from tests.portal.budget_cast import DAY, HOUR, NOW, bound, spend
from tests.portal.past_runs import ended_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


@pytest.fixture(autouse=True)
def now(settings: Settings) -> Any:
    settings.PRICE_PER_CPU_HOUR, settings.PRICE_PER_GB_READ = Decimal(3600), Decimal(1)
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]
    with time_machine.travel(NOW, tick=False):
        yield


def told() -> list[dict[str, Any]]:
    return measured_runs(days=3, at=NOW)


# --- Removals


def test_what_runs_of_a_removed_connection_used_is_still_told(tills: Connection) -> None:
    ended_run(tills, NOW - HOUR, cpu=2, read=10**9)
    ended_run(tills, NOW - 2 * HOUR, cpu=1)
    before, spent = told(), estimates(at=NOW)

    remove_connection(connection=tills)

    assert not Run.objects.exists()
    assert told() == before
    assert estimates(at=NOW) == spent == {tills.tenant.pk: 5 * NANOS}
    assert standing(tenant=tills.tenant, at=NOW).unledgered == 5 * NANOS


def test_a_tenant_that_goes_with_its_connections_has_cost_the_platform_something(
    tills: Connection,
) -> None:
    ended_run(tills, NOW - HOUR, cpu=2)
    code = tills.tenant.code

    tills.tenant.delete()
    database.check_constraints()

    [run] = told()
    assert (run["tenant_code"], MeasuredRun.objects.get().tenant) == (code, None)
    assert estimates(at=NOW) == {None: 2 * NANOS}
    assert standing(tenant=None, at=NOW).spent == 2 * NANOS


def test_a_tenant_that_goes_after_its_connections_has_cost_the_platform_something(
    tills: Connection,
) -> None:
    ended_run(tills, NOW - HOUR, cpu=2)

    remove_connection(connection=tills)
    tills.tenant.delete()

    assert estimates(at=NOW) == {None: 2 * NANOS}


def test_runs_on_snowflake_of_a_removed_connection_are_believed_to_cost_the_same(
    on_snowflake: Connection,
) -> None:
    for back in (3, 2):
        ended_run(on_snowflake, NOW - back * DAY)
        spend(on_snowflake.tenant, 4, day=(NOW - back * DAY).date(), engine="SNOWFLAKE")
    ended_run(on_snowflake, NOW - HOUR)
    before = estimates(at=NOW)

    remove_connection(connection=on_snowflake)

    assert estimates(at=NOW) == before == {on_snowflake.tenant.pk: 4 * NANOS}


def test_old_runs_and_those_that_used_nothing_go_with_their_connection(
    tills: Connection, other_retailer: Tenant
) -> None:
    others = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    kept = ended_run(others, NOW - HOUR)
    ended_run(tills, NOW - 63 * DAY)
    ended_run(tills, NOW - HOUR, started=False)
    claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)

    remove_connection(connection=tills)

    assert not MeasuredRun.objects.exists()
    assert Run.objects.get() == kept


def test_what_is_too_old_to_be_reckoned_anew_is_forgotten(tills: Connection) -> None:
    ended_run(tills, NOW - 61 * DAY)
    second = create_connection(tenant=tills.tenant, connector="prohandel", name="second")
    remove_connection(connection=tills)
    kept = MeasuredRun.objects.count()

    with time_machine.travel(NOW + 2 * DAY, tick=False):
        remove_connection(connection=second)

    assert (kept, MeasuredRun.objects.count()) == (1, 0)


# --- Engines


def test_a_tenant_that_moves_takes_nothing_of_the_past_along(tills: Connection) -> None:
    ended_run(tills, NOW - HOUR, cpu=2)
    before, spent = told(), estimates(at=NOW)

    change_engine(tenant=tills.tenant, engine="SNOWFLAKE")

    assert told() == before != []
    assert estimates(at=NOW) == spent == {tills.tenant.pk: 2 * NANOS}


def test_runs_before_and_after_a_move_are_added_up(tills: Connection) -> None:
    ended_run(tills, NOW - HOUR, cpu=2)
    change_engine(tenant=tills.tenant, engine="SNOWFLAKE")
    ended_run(tills, NOW - 2 * DAY)
    spend(tills.tenant, 5, day=(NOW - 2 * DAY).date(), engine="SNOWFLAKE")
    ended_run(tills, NOW - HOUR)

    assert estimates(at=NOW) == {tills.tenant.pk: 7 * NANOS}


def test_a_run_is_on_the_engine_that_its_tenant_has_when_it_is_claimed(
    deployed: Connection, api: PrefectApi
) -> None:
    asked = run_now(connection=deployed, api=api, at=NOW)
    change_engine(tenant=deployed.tenant, engine="SNOWFLAKE")

    claimed = claim_run(connection=deployed, flow_run_id=asked.flow_run_id, at=NOW).run
    unasked = claim_run(connection=deployed, flow_run_id=uuid4(), at=NOW).run

    assert (asked.engine, claimed.engine, unasked.engine) == ("DUCKDB", "SNOWFLAKE", "SNOWFLAKE")
    assert Run.objects.filter(engine="SNOWFLAKE").count() == 2


def test_runs_that_were_there_before_get_the_engine_of_their_tenants(
    tills: Connection, other_retailer: Tenant
) -> None:
    others = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    runs = [ended_run(each, NOW) for each in (tills, others)]
    change_engine(tenant=other_retailer, engine="SNOWFLAKE")

    import_module("portal.runs.migrations.0003_engine_of_runs").take_the_tenants(apps, None)

    assert [Run.objects.get(pk=run.pk).engine for run in runs] == ["DUCKDB", "SNOWFLAKE"]


# --- What counts as a run, and as a number


def test_a_run_that_a_budget_held_back_has_cost_nothing(on_snowflake: Connection) -> None:
    ended_run(on_snowflake, NOW - 2 * DAY)
    ended_run(on_snowflake, NOW - 2 * DAY, started=False)
    spend(on_snowflake.tenant, 8, day=(NOW - 2 * DAY).date(), engine="SNOWFLAKE")
    ended_run(on_snowflake, NOW - HOUR)
    ended_run(on_snowflake, NOW - HOUR, started=False)

    # One run waits for the ledger, and one of that day cost what the day did.
    assert estimates(at=NOW) == {on_snowflake.tenant.pk: 8 * NANOS}


def test_holding_runs_back_does_not_fill_the_budget_further(on_snowflake: Connection) -> None:
    tenant = on_snowflake.tenant
    ended_run(on_snowflake, NOW - 2 * DAY)
    spend(tenant, 130, day=(NOW - 2 * DAY).date(), engine="SNOWFLAKE")
    bound(tenant)
    apply_budgets(at=NOW)
    before = standing(tenant=tenant, at=NOW).spent

    with pytest.raises(Exception, match="No runs start"):
        claim_run(connection=on_snowflake, flow_run_id=uuid4(), at=NOW)

    assert Run.objects.filter(status="CANCELLED").count() == 1
    assert standing(tenant=tenant, at=NOW).spent == before == 130 * NANOS


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(1.5, "1.5"), (2, "2"), (True, "0"), ("3", "0"), (-1, "0"), (float("inf"), "0"), (None, "0")],
)
def test_only_numbers_are_seconds(said: Any, seconds: str) -> None:
    assert cpu_seconds({"extract": {"cpu_seconds": said}, "publish": True}) == Decimal(seconds)


def test_a_run_that_says_true_for_a_number_does_not_break_the_books(tills: Connection) -> None:
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run
    finish_run(run=run, status="COMPLETED", at=NOW, steps={"extract": {"cpu_seconds": True}})

    assert estimates(at=NOW) == {tills.tenant.pk: 0}
