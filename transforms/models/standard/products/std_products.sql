{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='product_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'variant_id',
    'product_id',
    'category_id',
    'supplier_id',
    'season_id',
    'product_name',
    'supplier_article_number',
    'color',
    'first_purchase_date',
    'last_purchase_date',
    'first_sale_date',
    'last_sale_date',
    'sale_price',
    'label_price',
    'purchase_price',
    'currency',
    'is_active',
    'is_never_out_of_stock',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_products', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key', 'variant_id']) }} as product_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='product_key', tracked=tracked) }}

)

select * from history
