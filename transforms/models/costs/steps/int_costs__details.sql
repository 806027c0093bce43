-- Every part of every bill with its share of the bill's amount.

with

parts as (

    select * from {{ ref('int_costs__parts') }}
    union all by name
    select * from {{ ref('int_costs__rest') }}

),

multiplied as (

    select
        parts.*,
        priced.amount_nanos as total,
        parts.nanos * priced.rate_dividend as dividend,
        priced.rate_divisor as divisor
    from parts
    inner join {{ ref('int_costs__priced') }} as priced
        on parts.bill_id = priced.bill_id

),

-- The shares rounded down, and what that lost: told once, as dividing such numbers takes time.
floored as (

    select
        bill_id,
        kind,
        run_id,
        work_id,
        warehouse_id,
        is_inferred,
        nanos,
        total,
        cast({{ floor_share('dividend', 'divisor') }} as bigint) as share,
        dividend - {{ floor_share('dividend', 'divisor') }} * divisor as lost
    from multiplied

)

select
    bill_id,
    kind,
    run_id,
    work_id,
    warehouse_id,
    is_inferred,
    nanos,
    cast(
        -- The same as macro largest_remainder says.
        share + case
            when
                row_number() over (
                    partition by bill_id
                    order by
                        lost desc, run_id asc, work_id asc, warehouse_id asc, kind asc, is_inferred asc
                ) <= total - sum(share) over (partition by bill_id)
                then 1
            else 0
        end as bigint
    ) as amount_nanos
from floored
