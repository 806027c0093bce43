-- How Shopify's stock becomes a stock position of ours: a variant in a location.

{{ mapping_of('shopify') }}

select
    {{ origin() }},

    variant_id as product_size_id,
    variant_id as product_id,
    location_id as shop_id,

    on_hand as quantity_on_hand,

    false as is_deleted,

    {{ absent('std_product_stock', [
        'size', 'ean', 'first_purchase_date', 'last_purchase_date', 'first_sale_date', 'last_sale_date',
        'quantity_on_approval', 'purchase_price', 'sale_price', 'label_price', 'currency',
        'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_shopify__stock') }}
