"""Who sees whose rows, and what of people: judged by the model's own evaluation of the policies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from flows.provision.account import PrivilegeMissing
from flows.provision.apply import apply
from flows.provision.desired import Desired
from flows.provision.settings import ProvisionSettings
from tests.provision.conftest import ALICE, BOB, wanted_for
from tests.provision.model_account import ModelAccount

BASE = "MERCURIOS_DATA"
SALES, BUYERS = f"{BASE}.ANALYTICS.DAILY_SALES", f"{BASE}.ANALYTICS.BUYERS"
MAPPING = f"{BASE}.ADMIN.ROLE_TENANTS"


def seen(account: ModelAccount, role: str, view: str = SALES) -> list[str]:
    """The tenants whose rows a role sees."""
    rows = rows_of(account, view)
    found = account.model.visible_rows(role, view, rows, {MAPPING: rows_of(account, MAPPING)})
    return sorted(str(row["TENANT_ID"]) for row in found)


def rows_of(account: ModelAccount, relation: str) -> list[dict[str, Any]]:
    cursor = account.engine.execute(f"SELECT * FROM {relation}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("view", [SALES, BUYERS])
def test_a_tenants_role_sees_its_tenant_alone(ready: ModelAccount, view: str) -> None:
    assert seen(ready, "TENANT_ALICE_ROLE", view) == [ALICE.code]
    assert seen(ready, "TENANT_BOB_ROLE", view) == [BOB.code]


def test_the_administrator_sees_everybody(ready: ModelAccount) -> None:
    assert seen(ready, "MERCURIOS_ADMIN") == [ALICE.code, BOB.code]


def test_analysts_see_nobody_unless_it_is_said(ready: ModelAccount) -> None:
    assert seen(ready, "MERCURIOS_ANALYST") == []


@pytest.mark.parametrize(
    ("tenants", "codes"), [(("bob",), [BOB.code]), (("*",), [ALICE.code, BOB.code])]
)
def test_analysts_see_whom_the_settings_name(
    ready: ModelAccount, tenants: tuple[str, ...], codes: list[str]
) -> None:
    wanted = wanted_for(ALICE, BOB, settings=ProvisionSettings(analyst_tenants=tenants))

    apply(ready, wanted, whole=True)

    assert seen(ready, "MERCURIOS_ANALYST") == codes


def test_the_originals_policy_would_have_shown_everybody(
    ready: ModelAccount, wanted: Desired
) -> None:
    """That the evaluation can tell them apart: the mapping's column was not qualified there."""
    ready.run("USE ROLE MERCURIOS_ADMIN")
    ready.run(
        f"ALTER ROW ACCESS POLICY {BASE}.ADMIN.TENANT_ROWS SET BODY -> EXISTS (SELECT 1 FROM"
        f" {MAPPING} WHERE ROLE_NAME = CURRENT_ROLE() AND TENANT_ID = TENANT_ID)"
    )
    assert seen(ready, "TENANT_ALICE_ROLE") == [ALICE.code, BOB.code]

    apply(ready, wanted, whole=True)

    assert seen(ready, "TENANT_ALICE_ROLE") == [ALICE.code]


@pytest.mark.parametrize("role", ["MERCURIOS_DEVELOPER", "MERCURIOS_LOADER", "MERCURIOS_API"])
def test_who_has_no_business_there_may_not_even_ask(ready: ModelAccount, role: str) -> None:
    session = ready.of("MERCURIOS_PROVISIONER")
    session.run(f"USE ROLE {role}")
    session.session.warehouse = "MERCURIOS_ANALYTICS_WH"

    with pytest.raises(PrivilegeMissing):
        session.rows(f"SELECT * FROM {SALES}")


@pytest.mark.parametrize(
    ("column", "value", "masked"),
    [
        ("CUSTOMER_NAME", "Dora", "***"),
        ("CUSTOMER_NAME", None, None),
        ("BIRTH_DATE", date(1990, 1, 31), None),
    ],
)
def test_what_is_personal_is_masked(
    ready: ModelAccount, column: str, value: object, masked: str | None
) -> None:
    def shown(role: str) -> Any:
        return ready.model.masked(role, f"{BUYERS}.{column}", value)

    assert shown("TENANT_ALICE_ROLE") == masked
    assert shown("MERCURIOS_ADMIN") == value


def test_a_view_without_the_column_says_its_tenant_by_itself(ready: ModelAccount) -> None:
    found = ready.engine.execute(f"SELECT TENANT_ID, CUSTOMER_NAME FROM {BUYERS}").fetchall()

    assert sorted(found) == [(ALICE.code, "Dora"), (BOB.code, "Dora")]


def test_a_view_of_nobody_is_there_and_empty(account: ModelAccount) -> None:
    apply(account, wanted_for(), whole=True)

    assert account.engine.execute(f"SELECT * FROM {SALES}").fetchall() == []
