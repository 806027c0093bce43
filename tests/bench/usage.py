"""Ten million queries of two hundred retailers, as Snowflake tells of them; the same each time."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from flows.costs.views import VIEWS

FIRST = date(2026, 3, 1)
DAYS = 30
TENANTS = 200
RUNS_A_DAY = 24
# Loading, some models of three statements each, publishing: by the hour and retailer.
QUERIES_A_RUN = 70
WAREHOUSES = ("MERCURIOS_LOADING_WH", "MERCURIOS_ANALYTICS_WH", "MERCURIOS_TASK_WH")
QUERIES = DAYS * TENANTS * RUNS_A_DAY * QUERIES_A_RUN

# One query in fifty has no tag, and one in fifty is asked by a procedure and has its root's.
_QUERIES = """
create or replace temp table queries as
with runs as (
    select
        tenant, hour,
        cast(md5('tenant' || tenant) as uuid) as tenant_code,
        cast(md5('connection' || tenant) as uuid) as connection_code,
        cast(md5('run' || tenant || '-' || $day || '-' || hour) as uuid) as run_code
    from range($tenants) as tenants (tenant), range($runs) as hours (hour)
),

placed as (
    select
        *,
        hash(tenant, hour, $day, place) as chance,
        case when place < 6 then 1 when place < $queries - 4 then 2 else 3 end as warehouse,
        (chance // 77) % 400 as compilation_time,
        200 + (chance // 1000) % 12000 as execution_time,
        'query' || tenant || '-' || $day || '-' || hour || '-' as name
    from runs, range($queries) as places (place)
)

select
    cast(cast(md5(name || place) as uuid) as varchar) as query_id,
    case
        when chance % 50 = 1
            then cast(cast(md5(name || cast(place - place % 5 as bigint)) as uuid) as varchar)
    end as root_query_id,
    case
        when chance % 50 < 2 then ''
        else '{"t":"' || tenant_code || '","c":"' || connection_code || '","r":"' || run_code
            || case warehouse
                when 1 then '","s":"land"}'
                when 3 then '","s":"publish"}'
                else '","s":"transform","n":"model_' || place // 3 || '"}'
            end
    end as query_tag,
    ['SELECT', 'INSERT', 'CREATE_TABLE_AS_SELECT'][1 + place % 3] as query_type,
    md5('statement' || place) as query_parameterized_hash,
    'MERCURIOS_WORKER' as user_name,
    if(warehouse = 1, 'MERCURIOS_LOADER', 'MERCURIOS_TRANSFORMER') as role_name,
    'MERCURIOS_DATA' as database_name,
    warehouse as warehouse_id,
    $warehouses[warehouse] as warehouse_name,
    ['X-Small', 'Small', 'Medium'][warehouse] as warehouse_size,
    1 + chance % 2 as cluster_number,
    cast($begin as timestamp) + interval (hour) hour + to_milliseconds(
        cast((tenant * 17 % 3600) * 1000 + place * 1000 + chance % 900 as bigint)
    ) as start_time,
    start_time + to_milliseconds(cast(compilation_time + execution_time as bigint)) as end_time,
    compilation_time,
    execution_time,
    compilation_time + execution_time as total_elapsed_time,
    chance // 3 % 100000000 as bytes_scanned,
    (chance % 1000) / 4e6 as credits_used_cloud_services,
    'SUCCESS' as execution_status,
    execution_time / 9e7 as credits_attributed_compute,
    0 as credits_used_query_acceleration,
    chance % 20 > 0 as is_attributed
from placed
order by start_time
"""
_HOURS = """
select
    date_trunc('hour', start_time) as start_time,
    warehouse_id,
    warehouse_name,
    round(sum(credits_attributed_compute) * 1.3 + 3, 9) as credits_used_compute,
    round(sum(credits_used_cloud_services), 9) as credits_used_cloud_services
from queries
group by all
"""
# Cloud services exceed what is free, so that every query has a part of them to pay.
_BILL = f"""
with summed as (
    select
        sum(cast(credits_used_compute as decimal(38, 9))) as compute,
        sum(cast(credits_used_cloud_services as decimal(38, 9))) as cloud
    from ({_HOURS})
)

select
    $begin as usage_date,
    'WAREHOUSE_METERING' as service_type,
    cloud as credits_used_cloud_services,
    cast(-least(compute / 10, cloud) as decimal(38, 9)) as credits_adjustment_cloud_services,
    compute + cloud + credits_adjustment_cloud_services as credits_billed
from summed
"""
_VIEWS = {
    "query_history": "select * from queries",
    "query_attribution_history": "select * from queries where is_attributed",
    "warehouse_metering_history": _HOURS,
    "metering_daily_history": _BILL,
}


def write_usage(folder: Path) -> dict[str, list[Path]]:
    """Parquet files by view, one for each day, as the lake has them."""
    files = {
        view: [folder / view / f"{FIRST + timedelta(days=day)}.parquet" for day in range(DAYS)]
        for view in _VIEWS
    }
    done = folder / "done"
    if done.exists():
        return files
    with duckdb.connect(config={"threads": 2}) as db:
        for day in range(DAYS):
            begin = f"date '{FIRST + timedelta(days=day)}'"
            db.execute(_said(_QUERIES, day=day, begin=begin))
            for view, query in _VIEWS.items():
                file = files[view][day]
                file.parent.mkdir(parents=True, exist_ok=True)
                _write(db, view, _said(query, day=day, begin=begin), file)
    done.touch()
    return files


def _write(db: duckdb.DuckDBPyConnection, view: str, query: str, file: Path) -> None:
    held = {name for name, *_ in db.execute(f"describe {query}").fetchall()}
    columns = ", ".join(
        f"cast({name if name in held else 'null'} as {kind}) as {name}"
        for name, kind in VIEWS[view].columns.items()
    )
    db.execute(f"copy (select {columns} from ({query})) to '{file}' (compression zstd)")


def _said(query: str, *, day: int, begin: str) -> str:
    values = {
        "$day": str(day),
        "$begin": begin,
        "$tenants": str(TENANTS),
        "$runs": str(RUNS_A_DAY),
        "$queries": str(QUERIES_A_RUN),
        "$warehouses": str(list(WAREHOUSES)),
    }
    for name, value in values.items():
        query = query.replace(name, value)
    return query
