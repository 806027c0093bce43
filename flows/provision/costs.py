"""What the account's use costs, as views in ADMIN over Snowflake's own records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from flows.provision.account import Account
from flows.provision.names import ADMIN, checked, text
from flows.provision.statements import use_role
from flows.provision.step import Part, Plan, Step

USAGE = "SNOWFLAKE.ACCOUNT_USAGE"
OURS = r"STARTSWITH(WAREHOUSE_NAME, 'MERCURIOS_')"

# Snowflake shows these times in the time zone of whoever asks: their days would differ.
WAREHOUSE_USAGE = f"""\
SELECT
    TO_DATE(CONVERT_TIMEZONE('UTC', START_TIME)) AS USAGE_DATE,
    WAREHOUSE_NAME,
    SUM(CREDITS_USED_COMPUTE) AS COMPUTE_CREDITS,
    SUM(CREDITS_USED_CLOUD_SERVICES) AS CLOUD_SERVICES_CREDITS,
    SUM(CREDITS_USED) AS TOTAL_CREDITS
FROM {USAGE}.WAREHOUSE_METERING_HISTORY
WHERE {OURS}
GROUP BY TO_DATE(CONVERT_TIMEZONE('UTC', START_TIME)), WAREHOUSE_NAME"""

QUERY_PERFORMANCE = f"""\
SELECT
    QUERY_ID,
    CONVERT_TIMEZONE('UTC', START_TIME) AS STARTED_AT,
    WAREHOUSE_NAME,
    ROLE_NAME,
    TRY_PARSE_JSON(QUERY_TAG):t::VARCHAR AS TENANT_ID,
    TRY_PARSE_JSON(QUERY_TAG):c::VARCHAR AS CONNECTION_ID,
    TRY_PARSE_JSON(QUERY_TAG):r::VARCHAR AS RUN_ID,
    TRY_PARSE_JSON(QUERY_TAG):s::VARCHAR AS STEP,
    TRY_PARSE_JSON(QUERY_TAG):n::VARCHAR AS MODEL,
    QUERY_TYPE,
    EXECUTION_STATUS,
    TOTAL_ELAPSED_TIME / 1000 AS ELAPSED_SECONDS,
    EXECUTION_TIME / 1000 AS EXECUTION_SECONDS,
    QUEUED_OVERLOAD_TIME / 1000 AS QUEUED_SECONDS,
    BYTES_SCANNED,
    PARTITIONS_SCANNED,
    PARTITIONS_TOTAL,
    ROWS_PRODUCED
FROM {USAGE}.QUERY_HISTORY
WHERE {OURS} AND START_TIME >= DATEADD('day', -7, CURRENT_TIMESTAMP())"""

DAILY_COST = f"""\
SELECT
    TO_DATE(CONVERT_TIMEZONE('UTC', START_TIME)) AS USAGE_DATE,
    SUM(CREDITS_USED_CLOUD_SERVICES) AS CLOUD_SERVICES_CREDITS,
    SUM(CREDITS_USED_COMPUTE) AS COMPUTE_CREDITS,
    SUM(CREDITS_USED) AS TOTAL_CREDITS
FROM {USAGE}.WAREHOUSE_METERING_HISTORY
WHERE {OURS} AND START_TIME >= DATEADD('day', -30, CURRENT_TIMESTAMP())
GROUP BY TO_DATE(CONVERT_TIMEZONE('UTC', START_TIME))"""

STORAGE_USAGE = f"""\
SELECT
    USAGE_DATE,
    DATABASE_NAME,
    AVERAGE_DATABASE_BYTES,
    AVERAGE_FAILSAFE_BYTES
FROM {USAGE}.DATABASE_STORAGE_USAGE_HISTORY"""

VIEWS = {
    "WAREHOUSE_USAGE_MONITORING": WAREHOUSE_USAGE,
    "QUERY_PERFORMANCE_MONITORING": QUERY_PERFORMANCE,
    "DAILY_COST_SUMMARY": DAILY_COST,
    "STORAGE_USAGE_MONITORING": STORAGE_USAGE,
}


@dataclass(frozen=True)
class CostView:
    database: str
    name: str
    select: str

    @property
    def comment(self) -> str:
        return "mercurios:" + hashlib.sha256(self.select.encode()).hexdigest()[:16]

    @property
    def sql(self) -> str:
        where = checked(f"{self.database}.ADMIN.{self.name}")
        return (
            f"CREATE OR REPLACE VIEW {where}\nCOPY GRANTS\nCOMMENT = {text(self.comment)}\nAS\n"
            f"{self.select}"
        )


def cost_plan(account: Account, database: str) -> Plan:
    """The views that are missing, or are others."""
    account.run(use_role(ADMIN))
    held = {
        row["name"]: row["comment"]
        for row in account.rows(f"SHOW VIEWS IN SCHEMA {checked(f'{database}.ADMIN')}")
    }
    return Plan(tuple(_missing(database, held)))


def _missing(database: str, held: dict[str, str]) -> Iterator[Step]:
    for name, select in VIEWS.items():
        view = CostView(database, name, select)
        if held.get(name) != view.comment:
            yield Step(f"make the view {database}.ADMIN.{name}", view.sql, ADMIN, Part.COSTS)
