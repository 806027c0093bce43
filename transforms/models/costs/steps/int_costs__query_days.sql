{{ config(materialized='view') }}
-- What each query used, and how long it kept its warehouse awake, on each day that it touched.

with

touched as (

    select
        query_key,
        day,
        run_id,
        work_id,
        warehouse_id,
        is_inferred and direct_nanos <> 0 as is_inferred,
        case when {{ is_of_one_day() }} then direct_nanos else 0 end as direct_nanos,
        0 as tail_ms,
        cloud_services_nanos
    from {{ ref('int_costs__queries') }}

    union all

    select
        query_key,
        day,
        run_id,
        work_id,
        warehouse_id,
        is_inferred,
        direct_nanos,
        tail_ms,
        0 as cloud_services_nanos
    from {{ ref('int_costs__later_parts') }}

)

select
    query_key,
    day,
    any_value(run_id) as run_id,
    any_value(work_id) as work_id,
    any_value(warehouse_id) as warehouse_id,
    bool_or(is_inferred) as is_inferred,
    cast(sum(direct_nanos) as bigint) as direct_nanos,
    cast(sum(tail_ms) as bigint) as tail_ms,
    cast(sum(cloud_services_nanos) as bigint) as cloud_services_nanos
from touched
group by query_key, day
