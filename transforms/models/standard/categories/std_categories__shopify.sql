-- How Shopify's types of products become categories of ours. They are texts in a product, without records of their own.

{{ mapping_of('shopify') }}

with

variants as (

    select * from {{ ref('stg_shopify__variants') }}
    where
        product_type is not null
        -- A variant that is gone says nothing of its type any more.
        and not {{ is_gone() }}

),

named as (

    select
        tenant_id,
        connection_id,
        product_type as record_key,
        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at,

        product_type as category_id,
        cast(null as varchar) as department_id,
        cast(null as varchar) as main_category_id,
        cast(null as varchar) as general_category_id,

        product_type as category_name,
        cast(null as varchar) as tax_class,

        cast(null as boolean) as is_service,
        false as is_deleted,

        '{}' as extensions,
        cast(null as varchar) as unreadable_fields
    from variants

)

select * from named
