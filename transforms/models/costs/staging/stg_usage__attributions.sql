-- What Snowflake itself says each query used of its warehouse.

with

source as (

    select * from {{ source('usage', 'query_attribution_history') }}

),

typed as (

    select
        {{ query_key('query_id') }} as query_key,
        case when root_query_id <> query_id then {{ query_key('root_query_id') }} end as root_key,
        cast(round(coalesce(credits_attributed_compute, 0) * 1e9) as bigint) as compute_nanos,
        cast(round(coalesce(credits_used_query_acceleration, 0) * 1e9) as bigint) as acceleration_nanos
    from source

)

select * from typed
