"""An account of the model, and two retailers on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.portal import TenantPlace
from flows.provision.apply import apply
from flows.provision.desired import Desired, desired
from flows.provision.published import Column, Published
from flows.provision.settings import ProvisionSettings
from tests.provision.model_account import ModelAccount

DEFAULTS = ProvisionSettings()
ALICE = TenantPlace("11111111-1111-4111-8111-111111111111", "alice", "SNOWFLAKE")
BOB = TenantPlace("22222222-2222-4222-8222-222222222222", "bob", "SNOWFLAKE")
CHARLIE = TenantPlace("33333333-3333-4333-8333-333333333333", "charlie", "DUCKDB")

SALES = Published(
    "DAILY_SALES",
    (
        Column("SALE_DATE", "DATE"),
        Column("TENANT_ID", "VARCHAR"),
        Column("TOTAL_AMOUNT", "DECIMAL(18,2)"),
    ),
    says_its_tenant=True,
)
BUYERS = Published(
    "BUYERS",
    (
        Column("TENANT_ID", "VARCHAR"),
        Column("CUSTOMER_NAME", "VARCHAR", mask="PERSONAL_TEXT"),
        Column("BIRTH_DATE", "DATE", mask="PERSONAL_DATE"),
    ),
    says_its_tenant=False,
)


def wanted_for(*tenants: TenantPlace, settings: ProvisionSettings = DEFAULTS) -> Desired:
    return desired(settings=settings, tenants=list(tenants), published=(BUYERS, SALES))


def build(account: ModelAccount, tenant: TenantPlace) -> None:
    """What a run of dbt leaves behind: the tenant's tables, with a row of its own."""
    prefix = f"MERCURIOS_DATA.TENANT_{tenant.slug.upper().replace('-', '_')}_ANALYTICS"
    dbt = account.of("MERCURIOS_WORKER")
    for sql in (
        "USE ROLE MERCURIOS_TRANSFORMER",
        "USE WAREHOUSE MERCURIOS_ANALYTICS_WH",
        f"CREATE TABLE {prefix}.DAILY_SALES (SALE_DATE DATE, TENANT_ID VARCHAR,"
        " TOTAL_AMOUNT DECIMAL(18,2))",
        f"CREATE TABLE {prefix}.BUYERS (CUSTOMER_NAME VARCHAR, BIRTH_DATE DATE)",
        f"INSERT INTO {prefix}.DAILY_SALES VALUES ('2025-01-31', '{tenant.code}', 10)",
        f"INSERT INTO {prefix}.BUYERS VALUES ('Dora', '1990-01-31')",
    ):
        dbt.run(sql)


@pytest.fixture
def account() -> Iterator[ModelAccount]:
    made = ModelAccount()
    yield made
    made.close()


@pytest.fixture
def wanted() -> Desired:
    return wanted_for(ALICE, BOB, CHARLIE)


@pytest.fixture
def ready(account: ModelAccount, wanted: Desired) -> ModelAccount:
    """An account that agrees, with the tables of both tenants in the shared views."""
    apply(account, wanted, whole=True)
    build(account, ALICE)
    build(account, BOB)
    apply(account, wanted, whole=True)
    account.forget()
    return account
