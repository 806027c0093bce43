-- Whose runs there are. A number for each, so that millions of queries need not carry three codes.

with

tagged as (

    select
        tenant_tag,
        connection_code,
        run_code,
        has_step
    from {{ ref('int_costs__tags') }}
    where is_run

),

embedded as (

    select
        tenant_code as tenant_tag,
        connection_code,
        run_code,
        true as has_step
    from {{ source('usage', 'embedded_runs') }}

),

-- What is nobody's run: storage and services are a tenant's, the platform's or nobody's.
whole as (

    select code as tenant_tag from {{ source('usage', 'tenants') }}
    union all
    select tenant_code as tenant_tag from {{ source('usage', 'embedded_storage') }}
    union all
    select '{{ platform_code() }}' as tenant_tag
    union all
    select '' as tenant_tag

),

every as (

    select * from tagged
    union
    select * from embedded
    union
    select
        tenant_tag,
        '' as connection_code,
        '' as run_code,
        false as has_step
    from whole

),

held as (

    select
        *,
        case
            when tenant_tag = '{{ platform_code() }}' then 'PLATFORM'
            when try_cast(tenant_tag as uuid) is not null then 'TENANT'
            -- Our own statements say their step; the platform's own name no tenant.
            when tenant_tag = '' and has_step then 'PLATFORM'
            else 'NOBODY'
        end as holder
    from every

),

coded as (

    select
        *,
        case when holder = 'TENANT' then cast(cast(tenant_tag as uuid) as varchar) else '' end as tenant_code
    from held

)

select
    tenant_tag,
    connection_code,
    run_code,
    has_step,
    cast(
        dense_rank() over (
            order by holder asc, tenant_code asc, connection_code asc, run_code asc
        ) as integer
    ) as run_id,
    holder,
    tenant_code
from coded
