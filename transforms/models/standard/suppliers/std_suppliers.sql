{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='supplier_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'supplier_id',
    'country_id',
    'payment_option_id',
    'supplier_name',
    'city',
    'currency',
    'is_active',
    'is_edi_partner',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_suppliers', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as supplier_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='supplier_key', tracked=tracked) }}

)

select * from history
