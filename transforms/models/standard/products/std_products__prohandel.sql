-- How a ProHandel article becomes a product of ours.

{{ config(enabled=is_used('prohandel')) }}

with

articles as (

    select * from {{ ref('stg_prohandel__articles') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        cast(null as varchar) as variant_id,
        number as product_id,
        category_number as category_id,
        supplier_number as supplier_id,
        season_number as season_id,

        cast(null as varchar) as product_name,
        supplier_article_number,
        supplier_color as color,
        first_purchase_date,
        last_purchase_date,
        first_sale_date,
        last_sale_date,

        price as sale_price,
        label_price,
        purchase_price,
        upper(currency_number) as currency,

        is_active,
        is_nos as is_never_out_of_stock,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from articles

)

select * from mapped
