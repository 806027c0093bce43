"""What others change by hand is found and taken back, by the very statement that is needed."""

from __future__ import annotations

import pytest

from flows.provision.apply import Blocked, apply, difference
from flows.provision.desired import Desired
from tests.provision.conftest import ALICE, BOB
from tests.provision.model_account import ModelAccount

BASE = "MERCURIOS_DATA"
TASK = "USE WAREHOUSE MERCURIOS_TASK_WH"
# What somebody with every right did by hand, and all that is sent to take it back.
DRIFT = {
    "a resized warehouse": (
        "ALTER WAREHOUSE MERCURIOS_DEV_WH SET WAREHOUSE_SIZE = LARGE AUTO_SUSPEND = 600",
        "ALTER WAREHOUSE MERCURIOS_DEV_WH SET WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60",
    ),
    "a warehouse that nothing wakes": (
        "ALTER WAREHOUSE MERCURIOS_TASK_WH SET AUTO_RESUME = FALSE",
        "ALTER WAREHOUSE MERCURIOS_TASK_WH SET AUTO_RESUME = TRUE",
    ),
    "more clusters": (
        "ALTER WAREHOUSE MERCURIOS_DEV_WH SET MAX_CLUSTER_COUNT = 4",
        "ALTER WAREHOUSE MERCURIOS_DEV_WH SET MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = 1",
    ),
    "a raised quota": (
        "ALTER RESOURCE MONITOR MERCURIOS_TASK_MONITOR SET CREDIT_QUOTA = 500",
        "ALTER RESOURCE MONITOR MERCURIOS_TASK_MONITOR SET CREDIT_QUOTA = 2 TRIGGERS ON 75 PERCENT"
        " DO NOTIFY ON 90 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND",
    ),
    "a monitor by the day": (
        "ALTER RESOURCE MONITOR MERCURIOS_DEV_MONITOR SET FREQUENCY = DAILY START_TIMESTAMP ="
        " IMMEDIATELY",
        "ALTER RESOURCE MONITOR MERCURIOS_DEV_MONITOR SET CREDIT_QUOTA = 5 FREQUENCY = MONTHLY"
        " START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 75 PERCENT DO NOTIFY ON 90 PERCENT DO NOTIFY"
        " ON 100 PERCENT DO SUSPEND",
    ),
    "an unwatched warehouse": (
        "ALTER WAREHOUSE MERCURIOS_LOADING_WH SET RESOURCE_MONITOR = NULL",
        "ALTER WAREHOUSE MERCURIOS_LOADING_WH SET RESOURCE_MONITOR = MERCURIOS_LOADING_MONITOR",
    ),
    "a revoked privilege on a schema": (
        f"REVOKE CREATE STAGE ON SCHEMA {BASE}.TENANT_BOB_RAW FROM ROLE MERCURIOS_LOADER",
        f"GRANT CREATE STAGE ON SCHEMA {BASE}.TENANT_BOB_RAW TO ROLE MERCURIOS_LOADER",
    ),
    "a revoked privilege on a table": (
        f"REVOKE SELECT ON TABLE {BASE}.TENANT_BOB_ANALYTICS.BUYERS FROM ROLE MERCURIOS_API",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {BASE}.TENANT_BOB_ANALYTICS TO ROLE MERCURIOS_API",
    ),
    "a revoked future grant": (
        f"REVOKE SELECT ON FUTURE VIEWS IN SCHEMA {BASE}.TENANT_BOB_ANALYTICS FROM ROLE"
        " MERCURIOS_API",
        f"GRANT SELECT ON FUTURE VIEWS IN SCHEMA {BASE}.TENANT_BOB_ANALYTICS TO ROLE MERCURIOS_API",
    ),
    "a foreign role in a tenant's schema": (
        f"GRANT USAGE ON SCHEMA {BASE}.TENANT_BOB_ANALYTICS TO ROLE STRANGER",
        f"REVOKE USAGE ON SCHEMA {BASE}.TENANT_BOB_ANALYTICS FROM ROLE STRANGER",
    ),
    "everybody on a table": (
        f"GRANT SELECT ON TABLE {BASE}.TENANT_BOB_ANALYTICS.BUYERS TO ROLE PUBLIC",
        f"REVOKE SELECT ON TABLE {BASE}.TENANT_BOB_ANALYTICS.BUYERS FROM ROLE PUBLIC",
    ),
    "a foreign role on a warehouse": (
        "GRANT USAGE ON WAREHOUSE MERCURIOS_TASK_WH TO ROLE STRANGER",
        "REVOKE USAGE ON WAREHOUSE MERCURIOS_TASK_WH FROM ROLE STRANGER",
    ),
    "a foreign role on what will be in the database": (
        f"GRANT SELECT ON FUTURE TABLES IN DATABASE {BASE} TO ROLE STRANGER",
        f"REVOKE SELECT ON FUTURE TABLES IN DATABASE {BASE} FROM ROLE STRANGER",
    ),
    "a foreign role on what will be in a schema": (
        f"GRANT SELECT ON FUTURE TABLES IN SCHEMA {BASE}.TENANT_BOB_RAW TO ROLE STRANGER",
        f"REVOKE SELECT ON FUTURE TABLES IN SCHEMA {BASE}.TENANT_BOB_RAW FROM ROLE STRANGER",
    ),
    "a privilege too many for a role of ours": (
        f"GRANT SELECT ON TABLE {BASE}.TENANT_BOB_ANALYTICS.BUYERS TO ROLE TENANT_ALICE_ROLE",
        f"REVOKE SELECT ON TABLE {BASE}.TENANT_BOB_ANALYTICS.BUYERS FROM ROLE TENANT_ALICE_ROLE",
    ),
    "a privilege on the account": (
        "GRANT MANAGE GRANTS ON ACCOUNT TO ROLE MERCURIOS_DEVELOPER",
        "REVOKE MANAGE GRANTS ON ACCOUNT FROM ROLE MERCURIOS_DEVELOPER",
    ),
    "a privilege too many for the administrator": (
        "GRANT MANAGE GRANTS ON ACCOUNT TO ROLE MERCURIOS_ADMIN",
        "REVOKE MANAGE GRANTS ON ACCOUNT FROM ROLE MERCURIOS_ADMIN",
    ),
    "one tenant's role in another's": (
        "GRANT ROLE TENANT_BOB_ROLE TO ROLE TENANT_ALICE_ROLE",
        "REVOKE ROLE TENANT_BOB_ROLE FROM ROLE TENANT_ALICE_ROLE",
    ),
    "a role too many for the worker": (
        "GRANT ROLE MERCURIOS_DEVELOPER TO USER MERCURIOS_WORKER",
        "REVOKE ROLE MERCURIOS_DEVELOPER FROM USER MERCURIOS_WORKER",
    ),
    "a role the worker has lost": (
        "REVOKE ROLE MERCURIOS_API FROM USER MERCURIOS_WORKER",
        "GRANT ROLE MERCURIOS_API TO USER MERCURIOS_WORKER",
    ),
    "every role at once for the worker": (
        "ALTER USER MERCURIOS_WORKER SET DEFAULT_SECONDARY_ROLES = ('ALL')",
        "ALTER USER MERCURIOS_WORKER SET DEFAULT_ROLE = MERCURIOS_LOADER DEFAULT_WAREHOUSE ="
        " MERCURIOS_LOADING_WH DEFAULT_SECONDARY_ROLES = ()",
    ),
    "an owner of tables who may grant": (
        f"ALTER SCHEMA {BASE}.TENANT_BOB_RAW DISABLE MANAGED ACCESS",
        f"ALTER SCHEMA {BASE}.TENANT_BOB_RAW ENABLE MANAGED ACCESS",
    ),
    "no time travel": (
        f"ALTER SCHEMA {BASE}.TENANT_BOB_RAW SET DATA_RETENTION_TIME_IN_DAYS = 0",
        f"ALTER SCHEMA {BASE}.TENANT_BOB_RAW SET DATA_RETENTION_TIME_IN_DAYS = 7",
    ),
    "one role mapped to another's tenant": (
        f"INSERT INTO {BASE}.ADMIN.ROLE_TENANTS (ROLE_NAME, TENANT_ID)"
        f" VALUES ('TENANT_ALICE_ROLE', '{BOB.code}')",
        f"DELETE FROM {BASE}.ADMIN.ROLE_TENANTS WHERE ROLE_NAME = 'TENANT_ALICE_ROLE'"
        f" AND TENANT_ID = '{BOB.code}'",
    ),
    "a mapping that is gone": (
        f"DELETE FROM {BASE}.ADMIN.ROLE_TENANTS WHERE ROLE_NAME = 'TENANT_ALICE_ROLE'"
        f" AND TENANT_ID = '{ALICE.code}'",
        f"INSERT INTO {BASE}.ADMIN.ROLE_TENANTS (ROLE_NAME, TENANT_ID)"
        f" VALUES ('TENANT_ALICE_ROLE', '{ALICE.code}')",
    ),
}
VIEW = f"{BASE}.ANALYTICS.DAILY_SALES"
# However a shared view was opened, it is made anew with its policies.
OPENED = {
    "without its row policy": f"ALTER VIEW {VIEW} DROP ROW ACCESS POLICY {BASE}.ADMIN.TENANT_ROWS",
    "no longer secure": f"ALTER VIEW {VIEW} UNSET SECURE",
    "with another definition": (
        f"CREATE OR REPLACE SECURE VIEW {VIEW} COPY GRANTS\nAS\nSELECT 1 AS TENANT_ID"
    ),
    "without a mask": (
        f"ALTER VIEW {BASE}.ANALYTICS.BUYERS MODIFY COLUMN CUSTOMER_NAME UNSET MASKING POLICY"
    ),
}


def by_hand(account: ModelAccount, sql: str) -> None:
    for each in ("USE ROLE ACCOUNTADMIN", TASK, "CREATE ROLE IF NOT EXISTS STRANGER", sql):
        account.run(each)
    account.forget()


@pytest.mark.parametrize(("change", "repair"), DRIFT.values(), ids=DRIFT.keys())
def test_a_change_by_hand_is_taken_back(
    ready: ModelAccount, wanted: Desired, change: str, repair: str
) -> None:
    by_hand(ready, change)

    apply(ready, wanted, whole=True)

    assert ready.changes == [repair]
    assert difference(ready, wanted, whole=True).steps == ()


@pytest.mark.parametrize("change", OPENED.values(), ids=OPENED.keys())
def test_a_shared_view_that_was_opened_is_closed(
    ready: ModelAccount, wanted: Desired, change: str
) -> None:
    for sql in ("USE ROLE MERCURIOS_ADMIN", change):
        ready.run(sql)
    ready.forget()

    apply(ready, wanted, whole=True)

    assert len(ready.changes) == 1
    assert ready.changes[0].startswith("CREATE OR REPLACE SECURE VIEW")
    assert difference(ready, wanted, whole=True).steps == ()


def test_a_shared_view_of_somebody_else_stops_everything(
    ready: ModelAccount, wanted: Desired
) -> None:
    by_hand(ready, OPENED["with another definition"])

    with pytest.raises(Blocked, match="DAILY_SALES belongs to ACCOUNTADMIN"):
        apply(ready, wanted, whole=True)

    assert ready.changes == []


def test_a_policy_is_mended_while_it_is_in_use(ready: ModelAccount, wanted: Desired) -> None:
    by_hand(ready, f"ALTER ROW ACCESS POLICY {BASE}.ADMIN.TENANT_ROWS SET BODY -> TRUE")

    apply(ready, wanted, whole=True)

    assert ready.changes[0].startswith("ALTER ROW ACCESS POLICY")
    assert difference(ready, wanted, whole=True).steps == ()


def test_the_administrators_own_role_is_mended_first(ready: ModelAccount, wanted: Desired) -> None:
    by_hand(ready, "REVOKE ROLE MERCURIOS_ADMIN FROM ROLE SYSADMIN")

    planned = difference(ready, wanted, whole=True)
    apply(ready, wanted, whole=True)

    assert [step.sql for step in planned.steps] == ["GRANT ROLE MERCURIOS_ADMIN TO ROLE SYSADMIN"]
    assert planned.notes == (
        "What belongs to MERCURIOS_ADMIN can be compared once these steps are done.",
    )
    assert ready.changes == ["GRANT ROLE MERCURIOS_ADMIN TO ROLE SYSADMIN"]


def test_what_is_not_ours_is_left_alone(ready: ModelAccount, wanted: Desired) -> None:
    for sql in (
        "USE ROLE ACCOUNTADMIN",
        "CREATE ROLE STRANGER",
        "CREATE USER DORA",
        "GRANT ROLE MERCURIOS_ANALYST TO USER DORA",
        "GRANT ROLE TENANT_BOB_ROLE TO ROLE STRANGER",
        "CREATE WAREHOUSE THEIRS_WH WITH WAREHOUSE_SIZE = LARGE INITIALLY_SUSPENDED = TRUE",
        "GRANT USAGE ON WAREHOUSE THEIRS_WH TO ROLE STRANGER",
        "CREATE DATABASE THEIRS",
        "GRANT USAGE ON DATABASE THEIRS TO ROLE MERCURIOS_DEVELOPER",
        "USE ROLE MERCURIOS_ADMIN",
        f"CREATE SCHEMA {BASE}.THEIRS",
        f"GRANT USAGE ON SCHEMA {BASE}.THEIRS TO ROLE STRANGER",
    ):
        ready.run(sql)

    found = difference(ready, wanted, whole=True)

    assert found.steps == ()
    assert found.notes == ()
