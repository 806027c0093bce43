-- What each service is billed at on each day; until the bill is there, what was metered.

with

asked as (

    select * from {{ source('usage', 'asked') }}

),

compute as (

    select
        cast(hour as date) as day,
        sum(compute_nanos) as compute_nanos
    from {{ ref('int_costs__warehouse_hours') }}
    group by cast(hour as date)

),

-- A day's first rows of the bill say what was used until then.
bills as (

    select bills.*
    from {{ ref('stg_usage__bills') }} as bills
    inner join asked
        on bills.day < asked.today

),

-- What is not on the bill by then is not billed.
settled as (

    select distinct bills.day
    from bills
    inner join asked
        on bills.day < asked.today - 2

),

-- Where these have a service of their own, the warehouses' records tell of them, too: as warehouse 0.
apart as (

    select day
    from {{ ref('stg_usage__services') }}
    where
        service_type = 'CLOUD_SERVICES'
        and (compute_nanos <> 0 or cloud_services_nanos <> 0)

    union

    select day
    from bills
    where service_type = 'CLOUD_SERVICES'

),

cloud_services as (

    select
        cast(hours.hour as date) as day,
        sum(hours.cloud_services_nanos) as cloud_services_nanos
    from {{ ref('stg_usage__warehouse_hours') }} as hours
    where
        hours.warehouse_id <> 0
        or cast(hours.hour as date) not in (select apart.day from apart)
    group by cast(hours.hour as date)

),

-- A tenth of the day's compute is free of cloud services.
warehouses as (

    select
        coalesce(compute.day, cloud_services.day) as day,
        coalesce(compute.compute_nanos, 0) as compute_nanos,
        greatest(
            coalesce(cloud_services.cloud_services_nanos, 0) - coalesce(compute.compute_nanos, 0) // 10, 0
        ) as cloud_services_nanos,
        greatest(
            coalesce(compute.compute_nanos, 0) // 10 - coalesce(cloud_services.cloud_services_nanos, 0), 0
        ) as free_nanos
    from compute
    full join cloud_services
        on compute.day = cloud_services.day

),

others as (

    select
        services.day,
        services.service_type,
        case
            when services.service_type = 'CLOUD_SERVICES'
                then greatest(sum(services.cloud_services_nanos) - coalesce(any_value(warehouses.free_nanos), 0), 0)
            else sum(services.compute_nanos + services.cloud_services_nanos)
        end as nanos,
        sum(services.compute_nanos + services.cloud_services_nanos) <> 0 as is_used
    from {{ ref('stg_usage__services') }} as services
    left join warehouses
        on services.day = warehouses.day
    group by services.day, services.service_type

),

metered as (

    select
        day,
        'WAREHOUSE_METERING' as service_type,
        compute_nanos + cloud_services_nanos as nanos,
        cloud_services_nanos,
        true as is_used
    from warehouses

    union all

    select
        day,
        service_type,
        nanos,
        nanos as cloud_services_nanos,
        is_used
    from others

),

credits as (

    select
        coalesce(bills.day, metered.day) as day,
        coalesce(bills.service_type, metered.service_type) as service_type,
        case
            when bills.day is not null then bills.billed_nanos
            when settled.day is not null then 0
            else metered.nanos
        end as nanos,
        case
            when bills.day is not null then greatest(bills.cloud_services_nanos, 0)
            when settled.day is not null then 0
            else metered.cloud_services_nanos
        end as cloud_services_nanos,
        bills.day is not null or settled.day is not null as is_billed
    from metered
    full join bills
        on
        metered.day = bills.day
        and metered.service_type = bills.service_type
    left join settled
        on metered.day = settled.day
    where
        bills.day is not null
        or metered.is_used

),

every as (

    select
        'SNOWFLAKE' as engine,
        day,
        service_type,
        'CREDIT' as unit,
        nanos,
        cloud_services_nanos,
        is_billed
    from credits

    union all

    select
        'SNOWFLAKE' as engine,
        storage.day,
        'STORAGE' as service_type,
        'TB_MONTH' as unit,
        sum(storage.nanos) as nanos,
        0 as cloud_services_nanos,
        storage.day < any_value(asked.today) as is_billed
    from {{ ref('int_costs__storage') }} as storage
    cross join asked
    group by storage.day

    union all

    select
        'DUCKDB' as engine,
        embedded.day,
        embedded.service_type,
        embedded.unit,
        sum(embedded.nanos) as nanos,
        0 as cloud_services_nanos,
        embedded.day < any_value(asked.today) as is_billed
    from {{ ref('int_costs__embedded') }} as embedded
    cross join asked
    group by embedded.day, embedded.service_type, embedded.unit

)

select
    cast(
        row_number() over (
            order by every.engine asc, every.day asc, every.service_type asc, every.unit asc
        ) as integer
    ) as bill_id,
    every.engine,
    every.day,
    every.service_type,
    every.unit,
    cast(every.nanos as bigint) as nanos,
    cast(every.cloud_services_nanos as bigint) as cloud_services_nanos,
    every.is_billed
from every
inner join asked
    on every.day between asked.first_day and asked.last_day
