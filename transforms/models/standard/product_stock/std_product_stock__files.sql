-- How the stock of a file becomes stock positions of ours.

{{ mapping_of('files') }}

select
    {{ origin() }},

    product_size_id,
    product_id,
    shop_id,

    size,
    ean,
    first_purchase_date,
    last_purchase_date,
    first_sale_date,
    last_sale_date,

    quantity_on_hand,
    quantity_on_approval,

    purchase_price,
    sale_price,
    label_price,
    upper(currency) as currency,

    is_never_out_of_stock,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__product_stock') }}
