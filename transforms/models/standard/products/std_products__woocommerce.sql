-- How a WooCommerce product becomes a product of ours. Prices are as the shop enters them.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    id as product_id,
    cast(null as varchar) as variant_id,
    category_id,
    cast(null as varchar) as supplier_id,
    cast(null as varchar) as season_id,

    name as product_name,
    cast(null as varchar) as supplier_article_number,
    cast(null as varchar) as color,
    cast(null as date) as first_purchase_date,
    cast(null as date) as last_purchase_date,
    cast(null as date) as first_sale_date,
    cast(null as date) as last_sale_date,

    price as sale_price,
    regular_price as label_price,
    cast(null as decimal(18, 2)) as purchase_price,
    cast(null as varchar) as currency,

    status = 'publish' as is_active,
    cast(null as boolean) as is_never_out_of_stock,
    coalesce(status = 'trash', false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__products') }}
