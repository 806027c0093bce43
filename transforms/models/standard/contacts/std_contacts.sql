{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='contact_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'contact_id',
    'company_id',
    'company_name',
    'first_name',
    'last_name',
    'title',
    'relationship',
    'contact_type',
    'department',
    'is_inactive',
    'changed_by',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_contacts', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as contact_key,
        *
    from mapped

),

latest as (

    {{ scd1('observed', key='contact_key', tracked=tracked) }}

)

select * from latest
