-- How a product of a file becomes a product of ours.

{{ mapping_of('files') }}

select
    {{ origin() }},

    product_id,
    cast(null as varchar) as variant_id,
    category_id,
    supplier_id,
    season_id,

    product_name,
    supplier_article_number,
    color,
    first_purchase_date,
    last_purchase_date,
    first_sale_date,
    last_sale_date,

    sale_price,
    label_price,
    purchase_price,
    upper(currency) as currency,

    is_active,
    is_never_out_of_stock,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__products') }}
