-- How a WooCommerce product becomes a product of ours. Prices are as the shop enters them.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    id as product_id,
    category_id,

    name as product_name,

    price as sale_price,
    regular_price as label_price,

    status = 'publish' as is_active,
    coalesce(status = 'trash', false) as is_deleted,

    {{ absent('std_products', [
        'variant_id', 'supplier_id', 'season_id', 'supplier_article_number', 'color', 'first_purchase_date',
        'last_purchase_date', 'first_sale_date', 'last_sale_date', 'purchase_price', 'currency',
        'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__products') }}
