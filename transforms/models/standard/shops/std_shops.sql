{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shop_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'shop_id',
    'country_id',
    'country_code',
    'region_id',
    'shop_name',
    'zip_code',
    'city',
    'is_active',
    'is_web_shop',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_shops', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as shop_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='shop_key', tracked=tracked) }}

)

select * from history
