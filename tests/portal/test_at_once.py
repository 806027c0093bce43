"""What two processes do to the same rows at the same moment, on a server that lets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from portal.access.models import ApiKey
from portal.access.services import ensure_service_key, issue_key, key_for
from portal.alerts.models import Alert
from portal.connections.models import Connection
from portal.connections.secrets import secret_store
from portal.connections.services import (
    create_connection,
    next_fence,
    remove_connection,
    set_credentials,
)
from portal.costs.budgets import apply_budgets
from portal.costs.figures import Period, sums, total
from portal.costs.ledger import close_months
from portal.costs.models import BudgetEvent, BudgetOverride, LedgerDay
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy, difference, pause, reconcile
from portal.runs.models import Run
from portal.runs.services import claim_run, finish_run
from portal.runs.settle import settle_runs
from portal.runs.sweeps import let_deletes_pass, note_sweep, waiting_deletes
from portal.tenants.models import Tenant
from portal.tenants.services import create_tenant, remove_tenant
from tests.portal import budget_cast
from tests.portal.budget_cast import bound, level_of, spend
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect
from tests.portal.ledger_said import line, take
from tests.portal.meanwhile import NEEDS_A_SERVER, at_once, meanwhile, outcome

pytestmark = [
    pytest.mark.django_db(transaction=True),
    NEEDS_A_SERVER,
    pytest.mark.usefixtures("every_tenant"),
]
NEW = {"api_key": "new", "api_secret": "new"}


# --- Claims and fences


def test_claims_of_one_connection_at_once_get_fences_of_their_own(tills: Connection) -> None:
    claims = at_once(
        *(lambda: claim_run(connection=tills, flow_run_id=uuid4(), at=NOW) for _ in range(6))
    )

    assert sorted(claim.fence for claim in claims) == [1, 2, 3, 4, 5, 6]
    assert Run.objects.filter(status=Run.Status.RUNNING).count() == 6


def test_a_flow_run_that_claims_twice_at_once_is_one_run(tills: Connection) -> None:
    flow_run_id = uuid4()

    claims = at_once(*[lambda: claim_run(connection=tills, flow_run_id=flow_run_id, at=NOW)] * 4)

    assert len({claim.run.pk for claim in claims}) == 1
    assert sorted(claim.fence for claim in claims) == [1, 2, 3, 4]


def test_a_run_that_ends_while_it_is_claimed_is_not_revived(tills: Connection) -> None:
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run

    with transaction.atomic():
        finish_run(run=run, status=Run.Status.CRASHED, at=NOW)
        claim = meanwhile(
            outcome(lambda: claim_run(connection=tills, flow_run_id=run.flow_run_id, at=NOW))
        )
        assert not claim.done()

    assert claim.result() == "This run has ended already. Start a new one."
    assert next_fence(connection=tills) == 2  # the refused claim took none


def test_the_first_word_about_an_end_stands_when_two_speak_at_once(tills: Connection) -> None:
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run

    with transaction.atomic():
        finish_run(run=run, status=Run.Status.COMPLETED, at=NOW, publication="p1")
        second = meanwhile(lambda: finish_run(run=run, status=Run.Status.CRASHED, at=NOW))
        assert not second.done()

    assert second.result().status == Run.Status.COMPLETED
    assert Run.objects.get(pk=run.pk).publication == "p1"


# --- Removals


def test_a_run_that_is_claimed_while_its_connection_is_removed_goes_with_it(
    tills: Connection,
) -> None:
    with transaction.atomic():
        claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)
        removal = meanwhile(
            lambda: remove_connection(connection=Connection.objects.get(pk=tills.pk))
        )
        assert not removal.done()
    removal.result()

    assert not Connection.objects.exists()
    assert not Run.objects.exists()


def test_a_claim_of_a_connection_that_is_being_removed_is_refused(tills: Connection) -> None:
    with transaction.atomic():
        remove_connection(connection=Connection.objects.get(pk=tills.pk))
        claim = meanwhile(outcome(lambda: claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)))
        assert not claim.done()

    assert claim.result() == "alsterhaus-mode/tills was removed meanwhile. Add it anew."


def test_a_tenant_that_gets_a_connection_while_it_is_removed_stays(retailer: Tenant) -> None:
    with transaction.atomic():
        create_connection(tenant=retailer, connector="prohandel", name="tills")
        removal = meanwhile(outcome(lambda: remove_tenant(tenant=retailer)))
        assert not removal.done()

    assert "still has the connection tills" in removal.result()
    assert Tenant.objects.get() == retailer


def test_a_tenant_that_is_being_removed_gets_no_connection(retailer: Tenant) -> None:
    with transaction.atomic():
        remove_tenant(tenant=Tenant.objects.get(pk=retailer.pk))
        creation = meanwhile(
            outcome(lambda: create_connection(tenant=retailer, connector="prohandel", name="tills"))
        )
        assert not creation.done()

    assert creation.result() == "Alsterhaus Mode was removed meanwhile. Add it anew."


# --- The same thing twice


def test_a_slug_that_two_choose_at_once_is_one_tenants(db: None) -> None:
    results = at_once(*[outcome(lambda: create_tenant(slug="alster", name="Alster"))] * 4)

    assert Tenant.objects.count() == 1
    assert len([each for each in results if isinstance(each, Tenant)]) == 1


def test_a_connection_that_is_added_twice_at_once_is_there_once(retailer: Tenant) -> None:
    results = at_once(
        *[outcome(lambda: create_connection(tenant=retailer, connector="prohandel", name="tills"))]
        * 4
    )

    assert Connection.objects.count() == 1
    assert len([each for each in results if isinstance(each, str)]) == 3


# --- Deletes that are held back


def test_who_lets_deletes_pass_while_more_are_noted_is_told_of_them(tills: Connection) -> None:
    first, second = (claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run for _ in range(2))
    note_sweep(run=first, stream="sale", held_back=100, at=NOW)

    with transaction.atomic():
        note_sweep(run=second, stream="sale", held_back=50_000, at=NOW)
        decision = meanwhile(
            outcome(lambda: let_deletes_pass(connection=tills, seen={"sale": 100}, at=NOW))
        )
        assert not decision.done()

    assert "By now 50,000 deletes of sale are held back, and you saw 100." in decision.result()
    assert waiting_deletes(tills) == {"sale": 50_000}


# --- The ledger and budgets


def test_versions_of_a_day_that_arrive_at_once_are_one_after_the_other(retailer: Tenant) -> None:
    day = NOW.date()

    taken = at_once(
        *(
            lambda amount=amount: take(line(amount, of=retailer), day=day, at=NOW)
            for amount in (1, 2, 3, 4)
        )
    )

    assert sorted(each.version for each in taken) == [1, 2, 3, 4]
    assert LedgerDay.objects.get(is_current=True).version == 4


def test_the_same_ledger_twice_at_once_is_one_version(retailer: Tenant) -> None:
    taken = at_once(*[lambda: take(line(1, of=retailer), day=NOW.date(), at=NOW)] * 4)

    assert sorted(each.is_new for each in taken) == [False, False, False, True]
    assert LedgerDay.objects.count() == 1


def test_what_arrives_while_its_month_is_closed_counts_there_or_is_posted(
    retailer: Tenant,
) -> None:
    october, at = date(2026, 10, 31), datetime(2026, 11, 6, tzinfo=UTC)
    take(line(1, of=retailer), day=october, at=at - timedelta(days=1))

    at_once(
        lambda: close_months(at=at),
        *(
            lambda amount=amount: take(line(amount, of=retailer), day=october, at=at)
            for amount in (10, 100, 1000)
        ),
    )

    last = LedgerDay.objects.order_by("-version").first()
    assert last is not None
    counted = total(sums(Period(october, date(2026, 12, 1)), "on").values()).amount
    assert counted == last.bill.get().amount_nanos


def test_a_step_that_several_see_at_once_is_told_once(retailer: Tenant, settings: Settings) -> None:
    settings.ALERTS = ["log:"]
    bound(retailer)
    spend(retailer, 130)

    at_once(*[lambda: apply_budgets(at=budget_cast.NOW)] * 4)

    assert BudgetEvent.objects.filter(what="LEVEL").count() == Alert.objects.count() == 1
    assert level_of(retailer) == "PAUSED"


# --- Credentials and keys


def test_credentials_that_are_entered_while_all_are_sealed_anew_are_not_lost(
    ready_tills: Connection, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = f"2:{'B' * 43}=,{settings.CREDENTIAL_KEYS}"

    with transaction.atomic():
        set_credentials(connection=ready_tills, values=NEW, at=NOW)
        resealing = meanwhile(lambda: secret_store().reseal())
        assert not resealing.done()
    resealing.result()

    assert secret_store().get(connection=ready_tills)["api_key"] == "new"


def test_a_key_that_many_use_at_once_is_written_down_as_used(db: None) -> None:
    secret = issue_key(name="own", scopes=["platform"], at=NOW).secret
    later = NOW + timedelta(hours=1)

    found = at_once(*[lambda: key_for(secret=secret, at=later)] * 6)

    assert None not in found
    assert ApiKey.objects.get().last_used_at == later


def test_a_key_that_is_used_while_it_is_removed_is_no_error(db: None) -> None:
    issued = issue_key(name="own", scopes=["platform"], at=NOW)

    with transaction.atomic():
        ApiKey.objects.filter(pk=issued.key.pk).delete()
        use = meanwhile(lambda: key_for(secret=issued.secret, at=NOW))
        assert not use.done()
    use.result()

    assert key_for(secret=issued.secret, at=NOW) is None


def test_a_token_that_two_register_at_once_is_one_key(db: None) -> None:
    at_once(*[lambda: ensure_service_key(secret="mk_" + "t" * 40, at=NOW)] * 4)

    assert ApiKey.objects.count() == 1


# --- Prefect


def test_two_reconcilers_at_once_leave_one_deployment_each(
    retailer: Tenant, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    for number in range(8):
        more = create_connection(tenant=retailer, connector="prohandel", name=f"tills-{number}")
        Pipeline.objects.create(connection=more)
    Pipeline.objects.create(connection=ready_tills)

    at_once(*[lambda: reconcile(api=patient(prefect), at=NOW)] * 3)

    assert difference(api=api).is_empty
    assert len(prefect.deployments) == 9
    assert not Pipeline.objects.filter(deployment_id=None).exists()
    assert not Pipeline.objects.exclude(problem="").exists()


def test_who_pauses_while_a_reconciler_works_is_obeyed_in_the_end(
    deployed: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.deployments.clear()  # so that there is something to do

    at_once(
        lambda: reconcile(api=patient(prefect), at=NOW),
        lambda: pause(connection=deployed, api=patient(prefect), at=NOW),
    )
    reconcile(api=api, at=NOW)

    [deployment] = prefect.deployments.values()
    assert deployment["paused"]


def test_one_deploys_what_another_deploys_at_the_same_moment(
    ready_tills: Connection, prefect: FakePrefect, api: PrefectApi
) -> None:
    reconcile(api=api, at=NOW)  # the foundations

    at_once(*[lambda: deploy(connection=ready_tills, api=patient(prefect), at=NOW)] * 3)

    assert Pipeline.objects.get().problem == ""
    assert len(prefect.deployments) == 1


def test_two_who_settle_at_once_agree_on_the_end(tills: Connection, prefect: FakePrefect) -> None:
    claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)

    at_once(
        *(
            lambda minute=minute: settle_runs(
                api=patient(prefect), at=NOW + timedelta(minutes=minute)
            )
            for minute in range(3)
        )
    )

    assert Run.objects.get().status == Run.Status.CRASHED


def patient(prefect: FakePrefect) -> PrefectApi:
    """A client for one thread."""
    return PrefectApi(url=prefect.url, is_patient=True)


@pytest.mark.parametrize("is_platforms", [True, False])
def test_of_two_overrides_at_once_one_is_left(retailer: Tenant, is_platforms: bool) -> None:
    holder = None if is_platforms else retailer
    bound(holder)

    at_once(
        *[
            lambda days=days: budget_cast.override(holder, budget_cast.NOW + days * budget_cast.DAY)
            for days in (1, 2, 3)
        ]
    )

    assert BudgetOverride.objects.filter(ended_at=None).count() == 1
    assert BudgetEvent.objects.filter(what="OVERRIDE_ENDED").count() == 2
