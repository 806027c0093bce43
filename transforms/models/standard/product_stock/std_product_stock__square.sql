-- How a Square count becomes a stock position of ours: a variation in a location. Only what is in stock counts there.

{{ mapping_of('square') }}

select
    {{ origin() }},

    catalog_object_id as product_size_id,
    catalog_object_id as product_id,
    location_id as shop_id,

    cast(null as varchar) as size,
    cast(null as varchar) as ean,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    quantity as quantity_on_hand,
    cast(null as decimal(18, 3)) as quantity_on_approval,

    cast(null as decimal(18, 2)) as purchase_price,
    cast(null as decimal(18, 2)) as sale_price,
    cast(null as decimal(18, 2)) as label_price,
    cast(null as varchar) as currency,

    cast(null as boolean) as is_never_out_of_stock,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_square__inventory_counts') }}
