-- How Lightspeed's inventory becomes a stock position of ours: a product in an outlet.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    product_id as product_size_id,
    product_id,
    outlet_id as shop_id,

    cast(null as varchar) as size,
    cast(null as varchar) as ean,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    inventory_level as quantity_on_hand,
    cast(null as decimal(18, 3)) as quantity_on_approval,

    average_cost as purchase_price,
    cast(null as decimal(18, 2)) as sale_price,
    cast(null as decimal(18, 2)) as label_price,
    cast(null as varchar) as currency,

    cast(null as boolean) as is_never_out_of_stock,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__inventory') }}
