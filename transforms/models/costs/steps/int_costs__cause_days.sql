-- What each run did on each day with each warehouse.

with

queries as (

    select
        *,
        {{ is_of_one_day() }} as is_of_one_day
    from {{ ref('int_costs__queries') }}

),

counted as (

    select
        day,
        warehouse_id,
        run_id,
        work_id,
        case when is_of_one_day and not is_inferred then direct_nanos else 0 end as attributed_nanos,
        case when is_of_one_day and is_inferred then direct_nanos else 0 end as inferred_nanos,
        cloud_services_nanos,
        acceleration_nanos
    from queries

    union all

    select
        cast(hour as date) as day,
        warehouse_id,
        run_id,
        work_id,
        case when is_inferred then 0 else direct_nanos end as attributed_nanos,
        case when is_inferred then direct_nanos else 0 end as inferred_nanos,
        0 as cloud_services_nanos,
        0 as acceleration_nanos
    from {{ ref('int_costs__split_hours') }}
    where not is_of_one_day

)

select
    day,
    warehouse_id,
    run_id,
    work_id,
    cast(sum(attributed_nanos) as bigint) as attributed_nanos,
    cast(sum(inferred_nanos) as bigint) as inferred_nanos,
    cast(sum(cloud_services_nanos) as bigint) as cloud_services_nanos,
    cast(sum(acceleration_nanos) as bigint) as acceleration_nanos
from counted
where
    day between (select asked.first_day from {{ source('usage', 'asked') }} as asked)
    and (select asked.last_day from {{ source('usage', 'asked') }} as asked)
group by day, warehouse_id, run_id, work_id
