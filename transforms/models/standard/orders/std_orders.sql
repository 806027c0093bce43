{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'order_id',
    'supplier_id',
    'supplier_order_id',
    'merchant_id',
    'order_date',
    'order_source',
    'order_type',
    'order_status',
    'discount_percent',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_orders', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as order_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='order_key', tracked=tracked) }}

)

select * from history
