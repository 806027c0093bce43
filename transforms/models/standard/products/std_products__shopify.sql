-- How a Shopify variant becomes a product of ours.

{{ mapping_of('shopify') }}

select
    {{ origin() }},

    cast(null as varchar) as variant_id,
    id as product_id,
    product_type as category_id,
    cast(null as varchar) as supplier_id,
    cast(null as varchar) as season_id,

    -- A product without variants has one that is called so.
    {{ joined_texts(['product_title', "nullif(title, 'Default Title')"], separator=' ') }} as product_name,
    sku as supplier_article_number,
    cast(null as varchar) as color,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    price as sale_price,
    coalesce(compare_at_price, price) as label_price,
    unit_cost as purchase_price,
    upper(shop_currency) as currency,

    product_status = 'ACTIVE' as is_active,
    cast(null as boolean) as is_never_out_of_stock,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_shopify__variants') }}
