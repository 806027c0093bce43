-- At which price each service is reckoned on each day: that of the rate sheet, else the configured one.

with

services as (

    select * from {{ ref('int_costs__services') }}

),

prices as (

    select * from {{ source('usage', 'prices') }}

),

-- What the rate sheet calls what the bill calls a service.
called as (

    select
        names.service_type,
        names.usage_type
    from (
        values
        ('WAREHOUSE_METERING', 'compute'),
        ('CLOUD_SERVICES', 'cloud services'),
        ('SERVERLESS_TASK', 'serverless tasks'),
        ('AUTO_CLUSTERING', 'automatic clustering'),
        ('MATERIALIZED_VIEW', 'materialized views'),
        ('SEARCH_OPTIMIZATION', 'search optimization'),
        ('QUERY_ACCELERATION', 'query acceleration'),
        ('PIPE', 'snowpipe'),
        ('SNOWPIPE', 'snowpipe'),
        ('STORAGE', 'storage')
    ) as names (service_type, usage_type)

),

rated as (

    select
        services.*,
        case when services.engine = 'SNOWFLAKE' then coalesce(own.rate, compute.rate) end as told_rate
    from services
    left join called
        on services.service_type = called.service_type
    left join {{ ref('stg_usage__rates') }} as own
        on
        services.day = own.day
        and called.usage_type = own.usage_type
    left join {{ ref('stg_usage__rates') }} as compute
        on
        services.day = compute.day
        and services.unit = 'CREDIT'
        and compute.usage_type = 'compute'

),

priced as (

    select
        rated.*,
        prices.currency,
        rated.engine = 'SNOWFLAKE' and rated.told_rate is null as is_estimated,
        coalesce(
            rated.told_rate,
            case rated.unit
                when 'CREDIT' then prices.credit
                when 'TB_MONTH' then prices.snowflake_tb_month
                when 'CPU_SECOND' then prices.cpu_hour
                when 'GB' then prices.gb_read
                when 'GB_MONTH' then prices.gb_month
            end
        ) as rate
    from rated
    cross join prices

),

-- An amount is quantity * rate_dividend / rate_divisor, all of them whole numbers.
divided as (

    select
        *,
        {{ rate_units('rate') }} as rate_dividend,
        -- The price of CPU is one of hours.
        {{ rate_unit() }} * case when unit = 'CPU_SECOND' then 3600 else 1 end as rate_divisor
    from priced

)

select
    bill_id,
    engine,
    day,
    service_type,
    unit,
    nanos,
    cast({{ rounded_quotient('nanos * rate_dividend', 'rate_divisor') }} as bigint) as amount_nanos,
    is_billed,
    is_estimated,
    currency,
    rate_dividend,
    rate_divisor
from divided
