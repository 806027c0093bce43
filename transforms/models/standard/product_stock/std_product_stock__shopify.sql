-- How Shopify's stock becomes a stock position of ours: a variant in a location.

{{ mapping_of('shopify') }}

select
    {{ origin() }},

    variant_id as product_size_id,
    variant_id as product_id,
    location_id as shop_id,

    cast(null as varchar) as size,
    cast(null as varchar) as ean,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    on_hand as quantity_on_hand,
    cast(null as decimal(18, 3)) as quantity_on_approval,

    cast(null as decimal(18, 2)) as purchase_price,
    cast(null as decimal(18, 2)) as sale_price,
    cast(null as decimal(18, 2)) as label_price,
    cast(null as varchar) as currency,

    cast(null as boolean) as is_never_out_of_stock,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_shopify__stock') }}
