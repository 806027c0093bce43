{{ config(tags=['integrity']) }}
{#- What was direct, idle and overlapped in an hour of a warehouse is its compute; and each is shared whole. -#}

with

hours as (

    select * from {{ ref('int_costs__warehouse_hours') }}

),

shared as (

    select
        warehouse_id,
        hour,
        sum(nanos) as nanos
    from {{ ref('int_costs__shared_hours') }}
    group by warehouse_id, hour

)

select
    hours.warehouse_id,
    hours.hour,
    hours.compute_nanos,
    hours.direct_nanos,
    shared.nanos as shared_nanos
from hours
left join shared
    on
    hours.warehouse_id = shared.warehouse_id
    and hours.hour = shared.hour
where
    hours.direct_nanos + hours.idle_nanos + hours.overlap_nanos <> hours.compute_nanos
    or hours.direct_nanos + coalesce(shared.nanos, 0) <> hours.compute_nanos
