{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'order_line_id',
    'repetition',
    'order_id',
    'product_id',
    'shop_id',
    'size',
    'ean',
    'line_status',
    'distribution_status',
    'ordered_quantity',
    'delivered_quantity',
    'backlog_quantity',
    'distributed_quantity',
    'purchase_price',
    'net_purchase_price',
    'sale_price',
    'label_price',
    'currency',
    'is_consignment',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_order_lines', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key', 'order_line_id', 'repetition']) }}
            as order_line_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='order_line_key', tracked=tracked) }}

)

select * from history
