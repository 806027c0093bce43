-- How a Square count becomes a stock position of ours: a variation in a location. Only what is in stock counts there.

{{ mapping_of('square') }}

select
    {{ origin() }},

    catalog_object_id as product_size_id,
    catalog_object_id as product_id,
    location_id as shop_id,

    quantity as quantity_on_hand,

    false as is_deleted,

    {{ absent('std_product_stock', [
        'size', 'ean', 'first_purchase_date', 'last_purchase_date', 'first_sale_date', 'last_sale_date',
        'quantity_on_approval', 'purchase_price', 'sale_price', 'label_price', 'currency',
        'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_square__inventory_counts') }}
