-- How a Lightspeed product becomes a product of ours. A variant is a product of its own there.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as product_id,
    product_type_id as category_id,
    supplier_id,

    coalesce(variant_name, name) as product_name,
    sku as supplier_article_number,

    price_including_tax as sale_price,
    price_including_tax as label_price,
    supply_price as purchase_price,

    is_active,
    deleted_at is not null as is_deleted,

    {{ absent('std_products', [
        'variant_id', 'season_id', 'color', 'first_purchase_date', 'last_purchase_date', 'first_sale_date',
        'last_sale_date', 'currency', 'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__products') }}
