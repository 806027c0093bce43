-- The tenants, for analytics: their time zone, currency and country are what a till leaves unsaid.

with

tenants as (

    select * from {{ ref('stg_platform__tenants') }}

)

select * from tenants
