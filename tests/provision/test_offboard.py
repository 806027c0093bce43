"""Bob leaves. Alice does not notice."""

from __future__ import annotations

from flows.portal import TenantPlace
from flows.provision.apply import apply, difference
from flows.provision.desired import Desired
from flows.provision.offboard import offboard, offboarding
from tests.provision.conftest import ALICE, BOB, build, wanted_for
from tests.provision.model_account import ModelAccount
from tests.provision.test_shared_views import seen

BASE = "MERCURIOS_DATA"


def test_it_is_shown_first(ready: ModelAccount) -> None:
    found = offboarding(ready, wanted_for(ALICE), slug="bob")

    assert [step.sentence for step in found.steps] == [
        "take the tenant out of the shared view MERCURIOS_DATA.ANALYTICS.BUYERS",
        "take the tenant out of the shared view MERCURIOS_DATA.ANALYTICS.DAILY_SALES",
        f"delete the mapping of TENANT_BOB_ROLE to {BOB.code}",
        "drop the schema MERCURIOS_DATA.TENANT_BOB_RAW and all it holds",
        "drop the schema MERCURIOS_DATA.TENANT_BOB_STAGING and all it holds",
        "drop the schema MERCURIOS_DATA.TENANT_BOB_STANDARD and all it holds",
        "drop the schema MERCURIOS_DATA.TENANT_BOB_ANALYTICS and all it holds",
        "drop the role TENANT_BOB_ROLE",
    ]
    assert ready.changes == []


def test_everything_of_the_others_stays(ready: ModelAccount) -> None:
    before = {key: what for key, what in ready.model.matrix().items() if "BOB" not in str(key)}

    offboard(ready, wanted_for(ALICE), slug="bob")

    after = ready.model.matrix()
    assert not [key for key in after if "BOB" in str(key)]
    assert after == before
    assert seen(ready, "TENANT_ALICE_ROLE") == [ALICE.code]
    assert difference(ready, wanted_for(ALICE), whole=True).steps == ()


def test_doing_it_twice_does_nothing_more(ready: ModelAccount) -> None:
    offboard(ready, wanted_for(ALICE), slug="bob")
    ready.forget()

    found = offboard(ready, wanted_for(ALICE), slug="bob")

    assert found.steps == ()
    assert ready.changes == []


def test_the_last_one_leaves_empty_views(account: ModelAccount) -> None:
    apply(account, wanted_for(ALICE), whole=True)
    build(account, ALICE)
    apply(account, wanted_for(ALICE), whole=True)

    offboard(account, wanted_for(), slug="alice")

    assert difference(account, wanted_for(), whole=True).steps == ()


def test_a_tenant_with_a_longer_name_stays(account: ModelAccount) -> None:
    shop = TenantPlace(ALICE.code, "shop", "SNOWFLAKE")
    shop_raw = TenantPlace(BOB.code, "shop-raw", "SNOWFLAKE")
    raw_shop = TenantPlace("4" * 8, "tenant-shop", "SNOWFLAKE")
    apply(account, wanted_for(shop, shop_raw, raw_shop), whole=True)
    for tenant in (shop, shop_raw, raw_shop):
        build(account, tenant)
    apply(account, wanted_for(shop, shop_raw, raw_shop), whole=True)

    offboard(account, wanted_for(shop_raw, raw_shop), slug="shop")

    assert seen(account, "TENANT_SHOP_RAW_ROLE") == [BOB.code]
    assert seen(account, "MERCURIOS_ADMIN") == [BOB.code, "4" * 8]
    assert difference(account, wanted_for(shop_raw, raw_shop), whole=True).steps == ()


def test_who_is_gone_but_not_offboarded_is_told_of_and_stays(
    ready: ModelAccount, wanted: Desired
) -> None:
    found = apply(ready, wanted_for(ALICE), whole=True)

    assert not [sql for sql in ready.changes if sql.startswith("DROP")]
    assert len(found.notes) == 4
    assert found.notes[0].startswith("The schema MERCURIOS_DATA.TENANT_BOB_ANALYTICS is of no")
    assert seen(ready, "MERCURIOS_ADMIN") == [ALICE.code]
