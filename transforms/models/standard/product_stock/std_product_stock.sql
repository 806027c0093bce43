{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='product_stock_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'product_size_id',
    'product_id',
    'shop_id',
    'size',
    'ean',
    'first_purchase_date',
    'last_purchase_date',
    'first_sale_date',
    'last_sale_date',
    'quantity_on_hand',
    'quantity_on_approval',
    'purchase_price',
    'sale_price',
    'label_price',
    'currency',
    'is_never_out_of_stock',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_product_stock', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as product_stock_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='product_stock_key', tracked=tracked) }}

)

select * from history
