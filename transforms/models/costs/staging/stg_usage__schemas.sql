-- Whose each schema on Snowflake is.

with

source as (

    select * from {{ source('usage', 'tenants') }}

),

layered as (

    select
        source.code as tenant_code,
        source.schema_prefix || '_' || layers.layer as schema_name
    from source
    cross join (values ('RAW'), ('STAGING'), ('STANDARD'), ('ANALYTICS')) as layers (layer)

)

select * from layered
