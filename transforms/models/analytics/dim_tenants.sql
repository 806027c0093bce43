-- Tenants with the day their reports speak of.

with

tenants as (

    select * from {{ ref('std_tenants') }}

),

selling as (

    select
        tenant_id,
        max(business_date) as newest_date,
        count(distinct connection_id) as connection_count
    from {{ ref('fct_sale_lines') }}
    group by tenant_id

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
        tenants.tenant_id,
        tenants.tenant_name,
        tenants.time_zone,
        tenants.currency,
        tenants.country,
        greatest(coalesce(selling.connection_count, 0), coalesce(stocked.connection_count, 0)) as connection_count,
        -- A tenant that has sold nothing yet may have stock already.
        coalesce(selling.newest_date, stocked.newest_date) as report_date
    from tenants
    left join selling
        on tenants.tenant_id = selling.tenant_id
    left join stocked
        on tenants.tenant_id = stocked.tenant_id

)

select * from dated
