-- How a ProHandel article size becomes a stock position of ours: a product in a size in a shop.

{{ config(enabled=is_used('prohandel')) }}

with

articlesizes as (

    select * from {{ ref('stg_prohandel__articlesizes') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        number as product_size_id,
        article_number as product_id,
        branch_number as shop_id,

        size,
        ean,
        first_purchase_date,
        last_purchase_date,
        first_sale_date,
        last_sale_date,

        stock_quantity as quantity_on_hand,
        selection_quantity as quantity_on_approval,

        purchase_price,
        sale_price,
        label_price,
        upper(currency_number) as currency,

        is_nos as is_never_out_of_stock,
        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from articlesizes

)

select * from mapped
