-- How Lightspeed's inventory becomes a stock position of ours: a product in an outlet.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    product_id as product_size_id,
    product_id,
    outlet_id as shop_id,

    inventory_level as quantity_on_hand,

    average_cost as purchase_price,

    deleted_at is not null as is_deleted,

    {{ absent('std_product_stock', [
        'size', 'ean', 'first_purchase_date', 'last_purchase_date', 'first_sale_date', 'last_sale_date',
        'quantity_on_approval', 'sale_price', 'label_price', 'currency', 'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__inventory') }}
