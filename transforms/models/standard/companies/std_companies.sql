{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='company_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'company_id',
    'company_name',
    'company_identifier',
    'company_type',
    'company_status',
    'address_line1',
    'address_line2',
    'city',
    'state',
    'zip_code',
    'country',
    'territory_id',
    'territory_name',
    'changed_by',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_companies', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as company_key,
        *
    from mapped

),

latest as (

    {{ scd1('observed', key='company_key', tracked=tracked) }}

)

select * from latest
