-- Who pays for cloud services beyond the free tenth: whoever used them, by how much.

with

services as (

    select *
    from {{ ref('int_costs__services') }}
    where
        service_type in ('WAREHOUSE_METERING', 'CLOUD_SERVICES')
        and unit = 'CREDIT'

),

apart as (

    select day
    from services
    where service_type = 'CLOUD_SERVICES'

),

-- Some accounts have those of queries without a warehouse on the bill of the warehouses.
used as (

    select
        *,
        case
            when warehouse_id = 0 and day in (select apart.day from apart) then 'CLOUD_SERVICES'
            else 'WAREHOUSE_METERING'
        end as service_type
    from {{ ref('int_costs__cause_days') }}
    where cloud_services_nanos > 0

),

weighed as (

    select
        services.bill_id,
        used.warehouse_id,
        used.run_id,
        used.work_id,
        services.cloud_services_nanos as total,
        cast(services.cloud_services_nanos as hugeint) * used.cloud_services_nanos as dividend,
        sum(used.cloud_services_nanos) over (partition by services.bill_id) as divisor
    from used
    inner join services
        on
        used.day = services.day
        and used.service_type = services.service_type
    where services.cloud_services_nanos > 0

)

select
    bill_id,
    warehouse_id,
    run_id,
    work_id,
    cast(
        {{ largest_remainder(
            'total', 'dividend', 'divisor',
            partition=['bill_id'],
            order=['run_id asc', 'work_id asc', 'warehouse_id asc'],
        ) }} as bigint
    ) as nanos
from weighed
