{{ config(materialized='view') }}
-- What each query used directly, hour by hour.

select
    warehouse_id,
    run_id,
    work_id,
    is_inferred,
    first_hour as hour,
    direct_nanos
from {{ ref('int_costs__queries') }}
where
    direct_nanos <> 0
    and {{ is_of_one_hour() }}

union all

select
    warehouse_id,
    run_id,
    work_id,
    is_inferred,
    hour,
    direct_nanos
from {{ ref('int_costs__split_hours') }}
