{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shop_key',
    on_schema_change='fail',
) }}

{% set mappings = [
    ref('std_shops__prohandel'),
] %}

{% set tracked = [
    'shop_id',
    'country_id',
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

    {{ observations(mappings, tracked) }}

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
