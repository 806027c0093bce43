{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='country_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'country_id',
    'country_name',
    'country_code',
    'currency',
    'is_in_eu',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_countries', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as country_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='country_key', tracked=tracked) }}

)

select * from history
