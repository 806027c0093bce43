-- Who pays for the idle time of each hour, and who is given back what overlapped.

with

hours as (

    select * from {{ ref('int_costs__warehouse_hours') }}

),

-- Idle time is that of whoever kept the warehouse awake; else of whoever used it in that hour.
awake as (

    select
        'IDLE' as kind,
        hours.warehouse_id,
        hours.hour,
        tails.run_id,
        tails.work_id,
        hours.inferred_nanos > 0 as is_inferred,
        any_value(hours.idle_nanos) as total,
        sum(tails.tail_ms) as weight
    from {{ ref('int_costs__tails') }} as tails
    inner join hours
        on
        tails.warehouse_id = hours.warehouse_id
        and tails.hour = hours.hour
    where
        hours.idle_nanos > 0
        and tails.tail_ms > 0
    group by all

),

-- Queries side by side may use more than the hour has. What was inferred yields first.
used as (

    select
        case when hours.idle_nanos > 0 then 'IDLE' else 'OVERLAP' end as kind,
        hours.warehouse_id,
        hours.hour,
        used.run_id,
        used.work_id,
        case when hours.idle_nanos > 0 then hours.inferred_nanos > 0 else used.is_inferred end as is_inferred,
        any_value(
            case
                when hours.idle_nanos > 0 then hours.idle_nanos
                when used.is_inferred then least(-hours.overlap_nanos, hours.inferred_nanos)
                else greatest(-hours.overlap_nanos - hours.inferred_nanos, 0)
            end
        ) as total,
        sum(used.direct_nanos) as weight
    from {{ ref('int_costs__query_hours') }} as used
    inner join hours
        on
        used.warehouse_id = hours.warehouse_id
        and used.hour = hours.hour
    where
        (hours.idle_nanos > 0 and hours.tail_ms = 0)
        or hours.overlap_nanos < 0
    group by all
    -- A part of a query may round to nothing. Who used nothing has no share, and alone is as if unused.
    having sum(used.direct_nanos) > 0

),

causes as (

    select * from awake
    union all
    select * from used

),

weighed as (

    select
        *,
        cast(total as hugeint) * weight as dividend,
        sum(weight) over (partition by warehouse_id, hour, kind, is_inferred) as divisor
    from causes

),

shared as (

    select
        kind,
        warehouse_id,
        hour,
        run_id,
        work_id,
        is_inferred,
        {{ largest_remainder(
            'total', 'dividend', 'divisor',
            partition=['warehouse_id', 'hour', 'kind', 'is_inferred'],
            order=['run_id asc', 'work_id asc'],
        ) }} as nanos
    from weighed

),

-- Somebody woke the warehouse and asked nothing.
unused as (

    select
        'IDLE' as kind,
        hours.warehouse_id,
        hours.hour,
        runs.run_id,
        works.work_id,
        false as is_inferred,
        hours.idle_nanos as nanos
    from hours
    inner join {{ ref('int_costs__runs') }} as runs
        on
        runs.tenant_tag = '{{ platform_code() }}'
        and runs.connection_code = ''
        and runs.run_code = ''
        and not runs.has_step
    inner join {{ ref('int_costs__works') }} as works
        on
        works.step = ''
        and works.model = ''
    where
        hours.idle_nanos > 0
        and hours.tail_ms = 0
        and hours.direct_nanos = 0

)

select
    kind,
    warehouse_id,
    hour,
    run_id,
    work_id,
    is_inferred,
    cast(case when kind = 'OVERLAP' then -nanos else nanos end as bigint) as nanos
from shared
where nanos <> 0
union all
select * from unused
