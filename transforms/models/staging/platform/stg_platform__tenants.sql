-- The tenants of this warehouse, as the portal has them.

with

source as (

    select * from {{ source('raw', 'tenants') }}

),

typed as (

    select
        tenant_id,
        name as tenant_name,
        time_zone,
        upper(currency) as currency,
        upper(country) as country,
        updated_at
    from source

)

select * from typed
