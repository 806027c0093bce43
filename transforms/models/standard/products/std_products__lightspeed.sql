-- How a Lightspeed product becomes a product of ours. A variant is a product of its own there.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    cast(null as varchar) as variant_id,
    id as product_id,
    product_type_id as category_id,
    supplier_id,
    cast(null as varchar) as season_id,

    coalesce(variant_name, name) as product_name,
    sku as supplier_article_number,
    cast(null as varchar) as color,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    price_including_tax as sale_price,
    price_including_tax as label_price,
    supply_price as purchase_price,
    cast(null as varchar) as currency,

    is_active,
    cast(null as boolean) as is_never_out_of_stock,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__products') }}
