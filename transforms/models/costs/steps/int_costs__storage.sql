-- Who holds how much of what the account stores, in TB months of a day.

with

databases as (

    select
        usage_date as day,
        database_name,
        cast(round(sum(coalesce(average_database_bytes, 0) + coalesce(average_failsafe_bytes, 0))) as hugeint) as bytes
    from {{ source('usage', 'database_storage_usage_history') }}
    group by usage_date, database_name

),

stages as (

    select
        usage_date as day,
        cast(round(sum(coalesce(average_stage_bytes, 0))) as hugeint) as bytes
    from {{ source('usage', 'stage_storage_usage_history') }}
    group by usage_date

),

days as (

    select distinct day from databases

),

moments as (

    select distinct read_on from {{ ref('stg_usage__schema_bytes') }}

),

-- The tables are read as they are: for a day before that, the reading that is nearest to it.
readings as (

    select
        days.day,
        arg_min(moments.read_on, (abs(days.day - moments.read_on), moments.read_on)) as read_on
    from days
    cross join moments
    group by days.day

),

ours as (

    select
        databases.day,
        schemas.tenant_code,
        any_value(databases.bytes) as database_bytes,
        sum(tables.bytes) as bytes
    from databases
    inner join readings
        on databases.day = readings.day
    inner join {{ ref('stg_usage__schema_bytes') }} as tables
        on readings.read_on = tables.read_on
    inner join {{ ref('stg_usage__schemas') }} as schemas
        on tables.schema_name = schemas.schema_name
    where databases.database_name = '{{ our_database() }}'
    group by databases.day, schemas.tenant_code

),

-- Tables and databases are measured at different moments: together tenants hold no more than there is.
fitted as (

    select
        day,
        tenant_code,
        bytes * database_bytes // greatest(sum(bytes) over (partition by day), database_bytes, 1) as bytes
    from ours

),

held as (

    select * from fitted

    union all

    select
        databases.day,
        case
            when databases.database_name = '{{ our_database() }}' then '{{ platform_code() }}' else ''
        end as tenant_code,
        databases.bytes - coalesce(sum(fitted.bytes), 0) as bytes
    from databases
    left join fitted
        on
        databases.day = fitted.day
        and databases.database_name = '{{ our_database() }}'
    group by databases.day, databases.database_name, databases.bytes

    union all

    select
        day,
        '{{ platform_code() }}' as tenant_code,
        bytes
    from stages

),

summed as (

    select
        day,
        tenant_code,
        sum(bytes) as dividend,
        -- A billionth of a TB is a thousand bytes.
        cast(1000 * extract(day from last_day(day)) as hugeint) as divisor
    from held
    group by day, tenant_code

),

totalled as (

    select
        *,
        (2 * sum(dividend) over (partition by day) + divisor) // (2 * divisor) as total
    from summed

)

select
    day,
    tenant_code,
    cast(
        {{ largest_remainder('total', 'dividend', 'divisor', partition=['day'], order=['tenant_code asc']) }} as bigint
    ) as nanos
from totalled
