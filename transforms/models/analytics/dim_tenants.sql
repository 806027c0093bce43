-- Tenants with the day their reports speak of.

with

tenants as (

    select * from {{ ref('std_tenants') }}

),

landed as (

    select
        tenant_id,
        max(landed_at) as landed_at
    from {{ ref('std_sale_lines') }}
    group by tenant_id

),

-- A line cannot be of a day that had not come when it landed: what claims to be says nothing about today.
-- The day more is for a shop whose clock is ahead of the tenant's.
limited as (

    select
        tenants.*,
        cast({{ utc_to_local('landed.landed_at', 'tenants.time_zone') }} as date) + 1 as last_possible_date
    from tenants
    left join landed
        on tenants.tenant_id = landed.tenant_id

),

selling as (

    select
        lines.tenant_id,
        max(case when lines.business_date <= limited.last_possible_date then lines.business_date end) as newest_date,
        count(distinct lines.connection_id) as connection_count
    from {{ ref('fct_sale_lines') }} as lines
    inner join limited
        on lines.tenant_id = limited.tenant_id
    group by lines.tenant_id

),

stocked as (

    select
        tenant_id,
        cast(max(landed_at) as date) as newest_date,
        count(distinct connection_id) as connection_count
    from {{ ref('std_product_stock') }}
    group by tenant_id

),

dated as (

    select
        limited.tenant_id,
        limited.tenant_name,
        limited.time_zone,
        limited.currency,
        limited.country,
        greatest(coalesce(selling.connection_count, 0), coalesce(stocked.connection_count, 0)) as connection_count,
        -- A tenant that has sold nothing yet may have stock already.
        coalesce(selling.newest_date, stocked.newest_date) as report_date,
        limited.last_possible_date
    from limited
    left join selling
        on limited.tenant_id = selling.tenant_id
    left join stocked
        on limited.tenant_id = stocked.tenant_id

)

select * from dated
