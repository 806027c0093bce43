-- Queries of the account, with the time in which each kept its warehouse at work.

with

source as (

    select * from {{ source('usage', 'query_history') }}

),

sized as (

    select
        *,
        replace(upper(warehouse_size), '-', '') as size_name,
        coalesce(end_time, start_time) as known_end_time
    from source

),

typed as (

    select
        query_id,
        {{ query_key('query_id') }} as query_key,
        -- Anybody may tag a query: what is said in another role than ours is not believed.
        case
            when role_name in (select trusted.name from {{ source('usage', 'trusted_roles') }} as trusted)
                then coalesce(query_tag, '')
            else ''
        end as query_tag,
        query_type,
        query_type = 'CALL' as is_call,
        query_parameterized_hash as query_hash,
        user_name,
        execution_status as status,
        bytes_scanned,
        execution_time as execution_ms,

        coalesce(warehouse_id, 0) as warehouse_id,
        warehouse_name,
        -- A query that Snowflake answers from what it knows has a warehouse, but no size.
        warehouse_id is not null and size_name is not null as has_warehouse,
        case size_name
            when 'XSMALL' then 1
            when 'SMALL' then 2
            when 'MEDIUM' then 4
            when 'LARGE' then 8
            when 'XLARGE' then 16
            when '2XLARGE' then 32
            when '3XLARGE' then 64
            when '4XLARGE' then 128
            when '5XLARGE' then 256
            when '6XLARGE' then 512
            else 0
        end as credits_an_hour,
        cast(round(coalesce(credits_used_cloud_services, 0) * 1e9) as bigint) as cloud_services_nanos,

        start_time as started_at,
        -- While it waits and is compiled, it uses no warehouse.
        least(
            start_time + to_milliseconds(
                coalesce(queued_provisioning_time, 0)
                + coalesce(queued_repair_time, 0)
                + coalesce(queued_overload_time, 0)
                + coalesce(compilation_time, 0)
                + coalesce(list_external_files_time, 0)
            ),
            known_end_time
        ) as began_at,
        known_end_time as ended_at

    from sized

)

select * from typed
