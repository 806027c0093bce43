-- What the other services used in each hour, for which of their objects.

with

source as (

    select * from {{ source('usage', 'metering_history') }}

),

typed as (

    select
        service_type,
        cast(start_time as date) as day,
        upper(coalesce(entity_type, 'TABLE')) as entity_type,
        entity_id,
        {{ nanos('credits_used_compute') }} as compute_nanos,
        {{ nanos('credits_used_cloud_services') }} as cloud_services_nanos
    from source
    -- Warehouses have a view of their own.
    where service_type <> 'WAREHOUSE_METERING'

)

select * from typed
