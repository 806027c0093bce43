-- What the queries of each warehouse leave of each of its hours: idle, or less than nothing.

with

metered as (

    select
        warehouse_id,
        hour,
        sum(compute_nanos) as compute_nanos
    from {{ ref('stg_usage__warehouse_hours') }}
    group by warehouse_id, hour

),

direct as (

    select
        warehouse_id,
        hour,
        sum(direct_nanos) as direct_nanos,
        sum(case when is_inferred then direct_nanos else 0 end) as inferred_nanos
    from {{ ref('int_costs__query_hours') }}
    group by warehouse_id, hour

),

tails as (

    select
        warehouse_id,
        hour,
        sum(tail_ms) as tail_ms
    from {{ ref('int_costs__tails') }}
    group by warehouse_id, hour

),

joined as (

    select
        coalesce(metered.warehouse_id, direct.warehouse_id) as warehouse_id,
        coalesce(metered.hour, direct.hour) as hour,
        metered.hour is not null as is_metered,
        cast(coalesce(direct.direct_nanos, 0) as bigint) as direct_nanos,
        cast(coalesce(direct.inferred_nanos, 0) as bigint) as inferred_nanos,
        -- Until the hour is metered, what its queries used is all that is known of it.
        cast(coalesce(metered.compute_nanos, direct.direct_nanos) as bigint) as compute_nanos,
        cast(coalesce(tails.tail_ms, 0) as bigint) as tail_ms
    from metered
    full join direct
        on
        metered.warehouse_id = direct.warehouse_id
        and metered.hour = direct.hour
    left join tails
        on
        coalesce(metered.warehouse_id, direct.warehouse_id) = tails.warehouse_id
        and coalesce(metered.hour, direct.hour) = tails.hour

)

select
    *,
    greatest(compute_nanos - direct_nanos, 0) as idle_nanos,
    least(compute_nanos - direct_nanos, 0) as overlap_nanos
from joined
where compute_nanos <> 0 or direct_nanos <> 0
