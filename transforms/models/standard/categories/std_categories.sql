{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='category_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'category_id',
    'department_id',
    'main_category_id',
    'general_category_id',
    'category_name',
    'tax_class',
    'is_service',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_categories', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as category_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='category_key', tracked=tracked) }}

)

select * from history
