-- How a ProHandel order becomes an order of ours. It is an order at a supplier, not of a shopper.

{{ config(enabled=is_used('prohandel')) }}

with

orders as (

    select * from {{ ref('stg_prohandel__orders') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as order_id,
        supplier_number as supplier_id,
        supplier_order_id,
        merchant_number as merchant_id,

        cast(created as date) as order_date,
        source as order_source,
        type as order_type,
        status as order_status,
        overall_discount as discount_percent,

        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from orders

)

select * from mapped
