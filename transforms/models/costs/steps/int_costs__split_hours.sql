-- What the queries that ran in several hours used in each of them: split by how long they ran in it.

with

queries as (

    select *
    from {{ ref('int_costs__queries') }}
    where
        direct_nanos <> 0
        and not {{ is_of_one_hour() }}

),

hourly as (

    select
        *,
        unnest(generate_series(first_hour, last_hour, interval 1 hour)) as hour
    from queries

),

measured as (

    select
        *,
        -- A day of a large warehouse, times its milliseconds, is more than a bigint holds.
        2 * cast(direct_nanos as hugeint) as twice_nanos,
        cast(epoch_ms(ended_at) - epoch_ms(began_at) as hugeint) as window_ms,
        epoch_ms(greatest(hour, began_at)) - epoch_ms(began_at) as ms_before,
        epoch_ms(least(hour + interval 1 hour, ended_at)) - epoch_ms(began_at) as ms_after
    from hourly

)

select
    query_key,
    started_at,
    warehouse_id,
    run_id,
    work_id,
    is_inferred,
    hour,
    -- Rounding what was used up to the end of each hour leaves nothing over in the sum.
    case
        when first_hour = last_hour then direct_nanos
        else cast(
            (twice_nanos * ms_after + window_ms) // (2 * window_ms)
            - (twice_nanos * ms_before + window_ms) // (2 * window_ms)
            as bigint
        )
    end as direct_nanos,
    {{ is_of_one_day() }} as is_of_one_day
from measured
