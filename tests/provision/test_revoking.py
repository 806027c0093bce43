"""What is taken back, and what only looks as if it were too much."""

from __future__ import annotations

from flows.provision.actual import Actual
from flows.provision.desired import MappingRow
from flows.provision.offboard import _steps  # what it would send, without an account
from flows.provision.permissions import Grant, RoleGrant
from flows.provision.plan_permissions import admin_steps, revoke_steps
from tests.provision.conftest import ALICE, BOB, wanted_for

NEW = "MERCURIOS_DATA.TENANT_BOB_RAW.MADE_JUST_NOW"


def test_a_table_that_a_run_has_made_since_the_tables_were_listed_stays_readable() -> None:
    reader = Grant("MERCURIOS_TRANSFORMER", "SELECT", "TABLE", NEW)
    stranger = Grant("MERCURIOS_API", "SELECT", "TABLE", NEW)
    held = Actual(inside=True, grants={reader, stranger})

    found = [step.sql for step in revoke_steps(wanted_for(BOB), held)]

    assert found == [f"REVOKE SELECT ON TABLE {NEW} FROM ROLE MERCURIOS_API"]


def test_the_worker_may_not_become_the_administrator() -> None:
    wanted = wanted_for(BOB)
    worker = RoleGrant("MERCURIOS_ADMIN", "USER", "MERCURIOS_WORKER")
    person = RoleGrant("MERCURIOS_ADMIN", "USER", "CAROL")
    held = Actual(
        grants=set(wanted.admin_privileges), role_grants={*wanted.admin_roles, worker, person}
    )

    found = [(step.sql, step.role) for step in admin_steps(wanted, held, kinds={"ROLE"})]

    assert found == [("REVOKE ROLE MERCURIOS_ADMIN FROM USER MERCURIOS_WORKER", "ACCOUNTADMIN")]


def test_analysts_no_longer_see_who_has_left() -> None:
    left = MappingRow("TENANT_BOB_ROLE", BOB.code), MappingRow("MERCURIOS_ANALYST", BOB.code)
    stays = MappingRow("MERCURIOS_ANALYST", ALICE.code)
    held = Actual(inside=True, mapping=frozenset({*left, stays}))

    found = [step.sentence for step in _steps(wanted_for(ALICE), held, "bob")]

    assert found == [
        f"delete the mapping of MERCURIOS_ANALYST to {BOB.code}",
        f"delete the mapping of TENANT_BOB_ROLE to {BOB.code}",
    ]
