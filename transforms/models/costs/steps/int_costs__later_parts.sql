{{ config(materialized='view') }}
-- What queries used on other days than the one they started on, and how long they kept warehouses awake.

select
    query_key,
    started_at,
    cast(hour as date) as day,
    run_id,
    work_id,
    warehouse_id,
    is_inferred,
    direct_nanos,
    0 as tail_ms
from {{ ref('int_costs__split_hours') }}
where not is_of_one_day

union all

select
    query_key,
    started_at,
    cast(hour as date) as day,
    run_id,
    work_id,
    warehouse_id,
    false as is_inferred,
    0 as direct_nanos,
    tail_ms
from {{ ref('int_costs__tails') }}
