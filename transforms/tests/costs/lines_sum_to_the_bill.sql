{{ config(tags=['integrity']) }}
{#- The parts and the lines of every service of every day sum to its bill, in quantity and in money. -#}

with

summed as (

    select
        'the parts' as what,
        bill_id,
        sum(nanos) as nanos,
        sum(amount_nanos) as amount_nanos
    from {{ ref('int_costs__details') }}
    group by bill_id

    union all

    select
        'the lines' as what,
        priced.bill_id,
        sum(lines.nanos) as nanos,
        sum(lines.amount_nanos) as amount_nanos
    from {{ ref('cost_lines') }} as lines
    inner join {{ ref('int_costs__priced') }} as priced
        on
        lines.engine = priced.engine
        and lines.day = priced.day
        and lines.service_type = priced.service_type
        and lines.unit = priced.unit
    group by priced.bill_id

)

select
    priced.engine,
    priced.day,
    priced.service_type,
    summed.what,
    priced.nanos,
    summed.nanos as summed_nanos,
    priced.amount_nanos,
    summed.amount_nanos as summed_amount_nanos
from {{ ref('int_costs__priced') }} as priced
cross join (values ('the parts'), ('the lines')) as both_of_them (what)
left join summed
    on
    priced.bill_id = summed.bill_id
    and both_of_them.what = summed.what
where
    priced.nanos <> coalesce(summed.nanos, 0)
    or priced.amount_nanos <> coalesce(summed.amount_nanos, 0)
