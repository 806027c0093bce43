"""Whoever the tenants are, a plan that was applied leaves nothing to plan."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.portal import TenantPlace
from flows.provision.apply import apply, difference
from flows.provision.desired import ENGINE
from flows.provision.offboard import offboard
from tests.examples import examples
from tests.provision.conftest import build, wanted_for
from tests.provision.model_account import ModelAccount

# Short ones of few letters meet each other and the names of layers more often.
SLUGS = st.one_of(
    st.from_regex(r"[ab][a-b0-1]{0,2}(-[ab01]{1,2}){0,2}", fullmatch=True),
    st.sampled_from(
        ["raw", "shop", "shop-raw", "shop-raw-role", "role", "analytics", "a-standard"]
    ),
)
TENANTS = st.lists(
    st.builds(
        TenantPlace,
        code=st.integers(0, 2**128 - 1).map(lambda number: str(UUID(int=number))),
        slug=SLUGS,
        engine=st.sampled_from([ENGINE, ENGINE, "DUCKDB"]),
    ),
    max_size=3,
    unique_by=(lambda tenant: tenant.code, lambda tenant: tenant.slug),
)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=TENANTS, after=TENANTS)
def test_after_apply_there_is_nothing_to_plan(
    before: list[TenantPlace], after: list[TenantPlace]
) -> None:
    with closing(ModelAccount()) as account:
        apply(account, wanted_for(*before), whole=True)
        apply(account, wanted_for(*after), whole=True)

        assert difference(account, wanted_for(*after), whole=True).steps == ()


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tenants=TENANTS.filter(lambda found: any(each.engine == ENGINE for each in found)))
def test_whoever_leaves_leaves_an_account_that_agrees(tenants: list[TenantPlace]) -> None:
    leaving = next(each for each in tenants if each.engine == ENGINE)
    staying = [each for each in tenants if each != leaving]
    with closing(ModelAccount()) as account:
        apply(account, wanted_for(*tenants), whole=True)
        for tenant in tenants:
            if tenant.engine == ENGINE:
                build(account, tenant)
        apply(account, wanted_for(*tenants), whole=True)

        offboard(account, wanted_for(*staying), slug=leaving.slug)

        assert difference(account, wanted_for(*staying), whole=True).steps == ()
