{{ config(tags=['integrity']) }}
{#- What queries used directly, hour by hour, is what stands in the parts: none is lost, and none is told twice. -#}

with

used as (

    select
        cast(hours.hour as date) as day,
        sum(hours.direct_nanos) as nanos
    from {{ ref('int_costs__warehouse_hours') }} as hours
    group by cast(hours.hour as date)

),

told as (

    select
        priced.day,
        sum(parts.nanos) as nanos
    from {{ ref('int_costs__parts') }} as parts
    inner join {{ ref('int_costs__priced') }} as priced
        on parts.bill_id = priced.bill_id
    where
        parts.kind = 'DIRECT'
        and priced.engine = 'SNOWFLAKE'
    group by priced.day

)

select
    used.day,
    used.nanos as used_nanos,
    told.nanos as told_nanos
from used
inner join {{ ref('int_costs__priced') }} as priced
    on
    used.day = priced.day
    and priced.engine = 'SNOWFLAKE'
    and priced.service_type = 'WAREHOUSE_METERING'
left join told
    on used.day = told.day
where used.nanos <> coalesce(told.nanos, 0)
