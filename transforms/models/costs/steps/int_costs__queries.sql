-- What each query used directly, and for what. It depends on the query's own rows alone.

with

-- A lookup, as profiles.yml lets it be: a row that Snowflake tells twice is found once, which a join would not do.
found as (

    select
        asked.*,
        (
            select { 'compute_nanos': said.compute_nanos, 'acceleration_nanos': said.acceleration_nanos }
            from {{ ref('stg_usage__attributions') }} as said
            where said.query_key = asked.query_key
        ) as told
    from {{ ref('int_costs__asked') }} as asked

),

attributed as (

    select
        *,
        told.compute_nanos,
        coalesce(told.acceleration_nanos, 0) as acceleration_nanos,
        has_warehouse or told is not null as used_warehouse,
        epoch_ms(ended_at) - epoch_ms(began_at) as window_ms
    from found

)

select
    query_key,
    case when used_warehouse then warehouse_id else 0 end as warehouse_id,
    run_id,
    work_id,
    cast(started_at as date) as day,
    started_at,
    began_at,
    ended_at,
    date_trunc('hour', began_at) as first_hour,
    -- A query that ends with an hour has nothing in the next one.
    date_trunc('hour', greatest(ended_at - interval 1 microsecond, began_at)) as last_hour,
    case
        when compute_nanos is not null then compute_nanos
        -- A call waits for the queries that it asks, which count themselves.
        when is_call or not used_warehouse then 0
        -- Billionths of a credit in a millisecond are 2500 / 9 of the credits of an hour.
        else (2 * window_ms * credits_an_hour * 2500 + 9) // 18
    end as direct_nanos,
    compute_nanos is null as is_inferred,
    cloud_services_nanos,
    acceleration_nanos
from attributed
