-- What Snowflake bills for a day, service by service.

with

source as (

    select * from {{ source('usage', 'metering_daily_history') }}

),

summed as (

    select
        usage_date as day,
        service_type,
        sum({{ nanos('credits_billed') }}) as billed_nanos,
        -- The adjustment is negative: a tenth of the day's compute is free.
        sum({{ nanos('credits_used_cloud_services') }} + {{ nanos('credits_adjustment_cloud_services') }})
            as cloud_services_nanos
    from source
    group by usage_date, service_type

)

select * from summed
