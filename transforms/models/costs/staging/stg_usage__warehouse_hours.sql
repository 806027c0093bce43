-- What each warehouse used in each hour.

with

source as (

    select * from {{ source('usage', 'warehouse_metering_history') }}

),

typed as (

    select
        coalesce(warehouse_id, 0) as warehouse_id,
        warehouse_name,
        date_trunc('hour', start_time) as hour,
        {{ nanos('credits_used_compute') }} as compute_nanos,
        {{ nanos('credits_used_cloud_services') }} as cloud_services_nanos
    from source

)

select * from typed
