{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_key',
    on_schema_change='fail',
) }}

{% set tracked = [
    'customer_id',
    'merged_into_customer_id',
    'shop_id',
    'country_id',
    'creation_date',
    'loyalty_points',
    'discount_percent',
    'bonus_percent',
    'lifetime_revenue',
    'currency',
    'is_staff',
    'is_business',
    'is_locked',
    'is_inactive',
    'has_customer_card',
    'has_newsletter',
    'has_advertising',
    'is_deleted',
    'extensions',
    'unreadable_fields',
] %}

with

mapped as (

    {{ observations('std_customers', tracked) }}

),

observed as (

    select
        {{ surrogate_key(['tenant_id', 'connection_id', 'record_key']) }} as customer_key,
        *
    from mapped

),

history as (

    {{ scd2('observed', key='customer_key', tracked=tracked) }}

)

select * from history
