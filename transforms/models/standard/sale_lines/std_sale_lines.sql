{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sale_line_key',
    on_schema_change='fail',
    cluster_by=['tenant_id', 'business_date'],
    post_hook="{{ no_reclustering() }}",
) }}

{% set tracked = [
    'sale_key',
    'sale_line_id',
    'sale_id',
    'line_number',
    'product_id',
    'product_size_id',
    'shop_id',
    'register_id',
    'receipt_number',
    'customer_id',
    'staff_id',
    'cashier_id',
    'payment_option_id',
    'business_date',
    'seconds_of_day',
    'sold_at',
    'line_type',
    'line_name',
    'quantity',
    'amount',
    'tax_amount',
    'label_price',
    'discount_amount',
    'cost_amount',
    'currency',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_sale_lines', tracked[1:]) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key', 'sale_line_id']) }} as sale_line_key,
        {{ surrogate_key(['tenant_id', 'connection_id', 'sale_id']) }} as sale_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='sale_line_key', tracked=tracked) }}

)

select * from history
