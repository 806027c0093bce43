"""What is read of Snowflake's own records, and what the platform measures itself.

Columns have DuckDB's types. All moments are UTC; days are UTC days, as Snowflake's bill has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

ACCOUNT = "SNOWFLAKE.ACCOUNT_USAGE"
ORGANIZATION = "SNOWFLAKE.ORGANIZATION_USAGE"


@dataclass(frozen=True)
class View:
    """One view, as a table of the ledger's inputs.

    :param day: the column that says to which UTC day a row belongs; empty: to that of the reading
    :param late_hours: after how long a row may still appear or change, as documented
    :param is_optional: an account may not have it, or not let us read it
    :param only: which of its rows are about what we used, if there are others
    :param key: what tells rows apart, where the view may show one twice
    """

    source: str
    columns: MappingProxyType[str, str]
    day: str = ""
    late_hours: int = 0
    is_optional: bool = False
    only: str = ""
    key: str = ""


def _columns(**columns: str) -> MappingProxyType[str, str]:
    return MappingProxyType(columns)


CREDITS = "decimal(38,9)"

SNOWFLAKE_VIEWS: MappingProxyType[str, View] = MappingProxyType(
    {
        "warehouse_metering_history": View(
            source=f"{ACCOUNT}.WAREHOUSE_METERING_HISTORY",
            day="start_time",
            late_hours=6,
            columns=_columns(
                start_time="timestamp",
                end_time="timestamp",
                warehouse_id="bigint",
                warehouse_name="varchar",
                credits_used=CREDITS,
                credits_used_compute=CREDITS,
                credits_used_cloud_services=CREDITS,
                credits_attributed_compute_queries=CREDITS,
            ),
        ),
        "query_attribution_history": View(
            source=f"{ACCOUNT}.QUERY_ATTRIBUTION_HISTORY",
            day="start_time",
            late_hours=8,
            is_optional=True,
            key="query_id",
            columns=_columns(
                query_id="varchar",
                parent_query_id="varchar",
                root_query_id="varchar",
                warehouse_id="bigint",
                warehouse_name="varchar",
                query_tag="varchar",
                user_name="varchar",
                start_time="timestamp",
                end_time="timestamp",
                credits_attributed_compute="double",
                credits_used_query_acceleration="double",
            ),
        ),
        "query_history": View(
            source=f"{ACCOUNT}.QUERY_HISTORY",
            day="start_time",
            late_hours=3,
            key="query_id",
            columns=_columns(
                query_id="varchar",
                query_tag="varchar",
                query_type="varchar",
                query_parameterized_hash="varchar",
                user_name="varchar",
                role_name="varchar",
                database_name="varchar",
                schema_name="varchar",
                warehouse_id="bigint",
                warehouse_name="varchar",
                warehouse_size="varchar",
                cluster_number="integer",
                start_time="timestamp",
                end_time="timestamp",
                total_elapsed_time="bigint",
                execution_time="bigint",
                compilation_time="bigint",
                queued_provisioning_time="bigint",
                queued_repair_time="bigint",
                queued_overload_time="bigint",
                list_external_files_time="bigint",
                bytes_scanned="bigint",
                bytes_spilled_to_local_storage="bigint",
                bytes_spilled_to_remote_storage="bigint",
                partitions_scanned="bigint",
                partitions_total="bigint",
                credits_used_cloud_services="double",
                execution_status="varchar",
                error_code="varchar",
            ),
        ),
        "metering_history": View(
            source=f"{ACCOUNT}.METERING_HISTORY",
            day="start_time",
            late_hours=12,
            columns=_columns(
                service_type="varchar",
                start_time="timestamp",
                end_time="timestamp",
                entity_id="bigint",
                entity_type="varchar",
                name="varchar",
                credits_used_compute=CREDITS,
                credits_used_cloud_services=CREDITS,
                credits_used=CREDITS,
            ),
        ),
        "metering_daily_history": View(
            source=f"{ACCOUNT}.METERING_DAILY_HISTORY",
            day="usage_date",
            late_hours=24,
            columns=_columns(
                usage_date="date",
                service_type="varchar",
                credits_used_compute=CREDITS,
                credits_used_cloud_services=CREDITS,
                credits_adjustment_cloud_services=CREDITS,
                credits_billed=CREDITS,
            ),
        ),
        "database_storage_usage_history": View(
            source=f"{ACCOUNT}.DATABASE_STORAGE_USAGE_HISTORY",
            day="usage_date",
            late_hours=24,
            columns=_columns(
                usage_date="date",
                database_name="varchar",
                average_database_bytes="double",
                average_failsafe_bytes="double",
            ),
        ),
        "stage_storage_usage_history": View(
            source=f"{ACCOUNT}.STAGE_STORAGE_USAGE_HISTORY",
            day="usage_date",
            late_hours=24,
            is_optional=True,
            columns=_columns(usage_date="date", average_stage_bytes="double"),
        ),
        "table_storage_metrics": View(
            source=f"{ACCOUNT}.TABLE_STORAGE_METRICS",
            late_hours=2,
            is_optional=True,
            columns=_columns(
                id="bigint",
                table_catalog="varchar",
                table_schema="varchar",
                table_name="varchar",
                active_bytes="bigint",
                time_travel_bytes="bigint",
                failsafe_bytes="bigint",
                retained_for_clone_bytes="bigint",
            ),
        ),
        "serverless_task_history": View(
            source=f"{ACCOUNT}.SERVERLESS_TASK_HISTORY",
            day="start_time",
            late_hours=3,
            is_optional=True,
            columns=_columns(
                start_time="timestamp",
                end_time="timestamp",
                task_id="bigint",
                task_name="varchar",
                schema_name="varchar",
                database_name="varchar",
                credits_used=CREDITS,
            ),
        ),
        "rate_sheet_daily": View(
            source=f"{ORGANIZATION}.RATE_SHEET_DAILY",
            day="date",
            late_hours=24 * 31,  # until a month is closed its prices may change
            is_optional=True,
            # It has all accounts of the organisation, and what is given back to them.
            only=(
                "ACCOUNT_NAME = CURRENT_ACCOUNT_NAME()"
                " and LOWER(BILLING_TYPE) = 'consumption' and not IS_ADJUSTMENT"
            ),
            columns=_columns(
                date="date",
                account_name="varchar",
                region="varchar",
                service_level="varchar",
                service_type="varchar",
                usage_type="varchar",
                currency="varchar",
                effective_rate="decimal(38,18)",
            ),
        ),
    }
)

# What runs and lakes used where no account sends a bill: told by the portal and measured here.
EMBEDDED_VIEWS: MappingProxyType[str, View] = MappingProxyType(
    {
        # One row for each step of a run, and within `transform` one for each model; a step's row
        # has an empty `model` and only what its models leave.
        "embedded_runs": View(
            source="",
            columns=_columns(
                run_code="varchar",
                tenant_code="varchar",
                connection_code="varchar",
                finished_at="timestamp",
                step="varchar",
                model="varchar",
                cpu_seconds="double",
                bytes_read="bigint",
            ),
        ),
        "embedded_storage": View(
            source="",
            columns=_columns(day="date", tenant_code="varchar", bytes="bigint"),
        ),
    }
)

VIEWS: MappingProxyType[str, View] = MappingProxyType({**SNOWFLAKE_VIEWS, **EMBEDDED_VIEWS})
