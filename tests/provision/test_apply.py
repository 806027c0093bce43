"""An account is made to agree, and then left alone."""

from __future__ import annotations

import pytest

from flows.provision.account import PrivilegeMissing
from flows.provision.apply import Blocked, apply, difference
from flows.provision.desired import Desired
from flows.provision.settings import ProvisionSettings
from tests.provision.conftest import ALICE, BOB, build, wanted_for
from tests.provision.model_account import ModelAccount


def test_a_plan_changes_nothing(account: ModelAccount, wanted: Desired) -> None:
    found = difference(account, wanted, whole=True)

    assert found.steps
    assert account.changes == []


def test_an_empty_account_is_made_to_agree_in_one_go(
    account: ModelAccount, wanted: Desired
) -> None:
    planned = difference(account, wanted, whole=True)

    done = apply(account, wanted, whole=True)

    assert done.steps == planned.steps
    assert difference(account, wanted, whole=True).steps == ()


def test_a_second_apply_sends_nothing_but_questions(account: ModelAccount, wanted: Desired) -> None:
    apply(account, wanted, whole=True)
    account.forget()

    apply(account, wanted, whole=True)

    assert account.sent
    assert account.changes == []


def test_a_tenant_joins_the_shared_views_after_its_first_build(
    account: ModelAccount, wanted: Desired
) -> None:
    apply(account, wanted, whole=True)
    build(account, ALICE)

    done = apply(account, wanted, whole=True)

    assert [step.sentence for step in done.steps] == [
        "make the shared view MERCURIOS_DATA.ANALYTICS.BUYERS over 1 tenant",
        "make the shared view MERCURIOS_DATA.ANALYTICS.DAILY_SALES over 1 tenant",
    ]


def test_a_tenant_built_with_older_models_waits_for_its_next_build(ready: ModelAccount) -> None:
    ready.engine.execute(
        "ALTER TABLE MERCURIOS_DATA.TENANT_BOB_ANALYTICS.DAILY_SALES DROP TOTAL_AMOUNT"
    )
    ready.run("USE ROLE MERCURIOS_ADMIN")
    ready.run("CREATE OR REPLACE SECURE VIEW MERCURIOS_DATA.ANALYTICS.DAILY_SALES\nAS\nSELECT 1")

    done = apply(ready, wanted_for(ALICE, BOB), whole=True)

    assert "over 1 tenant" in done.steps[0].sentence
    assert ready.engine.execute(
        "SELECT count(*) FROM MERCURIOS_DATA.ANALYTICS.DAILY_SALES"
    ).fetchone() == (1,)


def test_everyday_work_needs_no_administrator_of_the_account(
    account: ModelAccount, wanted: Desired
) -> None:
    apply(account, wanted_for(ALICE), whole=True)
    provisioner = account.of("MERCURIOS_PROVISIONER")

    done = apply(provisioner, wanted_for(ALICE, BOB), whole=False)

    assert {step.role for step in done.steps} == {"MERCURIOS_ADMIN"}
    assert difference(account, wanted, whole=True).steps == ()
    assert done.notes[0].startswith("Monitors, the network policy")


def test_who_may_not_use_the_role_is_told_who_can_help(
    account: ModelAccount, wanted: Desired
) -> None:
    apply(account, wanted, whole=True)

    with pytest.raises(PrivilegeMissing, match="MERCURIOS_WORKER may not use a role"):
        apply(account.of("MERCURIOS_WORKER"), wanted, whole=False)


def test_what_somebody_else_owns_stops_everything(account: ModelAccount, wanted: Desired) -> None:
    for sql in ("USE ROLE SYSADMIN", "CREATE DATABASE MERCURIOS_DATA"):
        account.run(sql)
    apply_first = difference(account, wanted, whole=True)
    assert apply_first.steps  # before the administrator's role exists nobody has looked
    for sql in (
        "USE ROLE ACCOUNTADMIN",
        "CREATE ROLE MERCURIOS_ADMIN",
        "GRANT ROLE MERCURIOS_ADMIN TO ROLE SYSADMIN",
        "GRANT USAGE ON DATABASE MERCURIOS_DATA TO ROLE MERCURIOS_ADMIN",
    ):
        account.run(sql)
    account.forget()

    with pytest.raises(Blocked, match="MERCURIOS_DATA belongs to SYSADMIN"):
        apply(account, wanted, whole=True)

    assert account.changes == []


def test_more_clusters_are_asked_for_only_where_they_are_wanted(account: ModelAccount) -> None:
    one = difference(account, wanted_for(ALICE), whole=True)
    apply(account, wanted_for(ALICE), whole=True)

    three = difference(
        account, wanted_for(ALICE, settings=ProvisionSettings(max_clusters=3)), whole=True
    )

    assert not [step for step in one.steps if "CLUSTER" in step.sql]
    assert len([step for step in three.steps if "MAX_CLUSTER_COUNT = 3" in step.sql]) == 4


def test_service_users_are_held_to_addresses(account: ModelAccount) -> None:
    wanted = wanted_for(ALICE, settings=ProvisionSettings(allowed_addresses=("192.0.2.0/24",)))

    apply(account, wanted, whole=True)

    assert account.model.lets_in("MERCURIOS_WORKER", "192.0.2.7")
    assert not account.model.lets_in("MERCURIOS_WORKER", "198.51.100.7")
    assert difference(account, wanted, whole=True).steps == ()


def test_slugs_that_begin_alike_never_meet(account: ModelAccount) -> None:
    shop = type(ALICE)(ALICE.code, "shop", "SNOWFLAKE")
    shop_raw = type(ALICE)(BOB.code, "shop-raw", "SNOWFLAKE")
    wanted = wanted_for(shop, shop_raw)

    apply(account, wanted, whole=True)

    names = [schema.name for schema in wanted.schemas]
    assert len(set(names)) == len(names)
    assert {"TENANT_SHOP_RAW", "TENANT_SHOP_RAW_RAW"} <= set(names)
    assert difference(account, wanted, whole=True).steps == ()
