-- How a Shopify variant becomes a product of ours.

{{ mapping_of('shopify') }}

select
    {{ origin() }},

    id as product_id,
    product_type as category_id,

    -- A product without variants has one that is called so.
    {{ joined_texts(['product_title', "nullif(title, 'Default Title')"], separator=' ') }} as product_name,
    sku as supplier_article_number,

    price as sale_price,
    coalesce(compare_at_price, price) as label_price,
    unit_cost as purchase_price,
    upper(shop_currency) as currency,

    product_status = 'ACTIVE' as is_active,
    false as is_deleted,

    {{ absent('std_products', [
        'variant_id', 'supplier_id', 'season_id', 'color', 'first_purchase_date', 'last_purchase_date',
        'first_sale_date', 'last_sale_date', 'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_shopify__variants') }}
