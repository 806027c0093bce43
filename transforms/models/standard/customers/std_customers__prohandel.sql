-- How a ProHandel customer becomes a customer of ours: without what would tell who it is.

{{ config(enabled=is_used('prohandel')) }}

with

customers as (

    select * from {{ ref('stg_prohandel__customers') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as customer_id,
        merged_into as merged_into_customer_id,
        branch_number as shop_id,
        country_number as country_id,

        creation_date,
        loyality_points as loyalty_points,
        discount_percent,
        bonus_percent,

        revenue as lifetime_revenue,
        cast(null as varchar) as currency,

        coalesce(is_staff, false) as is_staff,
        is_business,
        is_locked,
        inactive_flag as is_inactive,
        has_customer_card,
        subscription_newsletter as has_newsletter,
        subscription_advertising as has_advertising,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from customers

)

select * from mapped
