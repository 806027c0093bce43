-- How the counted pieces of WooCommerce products and variations become stock positions of ours.

{{ mapping_of('woocommerce') }}

with

-- A product may count for all its variations; they then repeat its number, and say so.
counted as (

    select
        {{ origin() }},
        id,
        id as product_id,
        cast(null as varchar) as size,
        global_unique_id,
        stock_quantity,
        price,
        regular_price,
        manage_stock,
        status,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__products') }}

    union all

    select
        {{ origin() }},
        id,
        parent_id as product_id,
        name as size,
        global_unique_id,
        stock_quantity,
        price,
        regular_price,
        manage_stock,
        status,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__variations') }}

)

select
    {{ origin() }},

    id as product_size_id,
    product_id,
    'webshop' as shop_id,

    size,
    global_unique_id as ean,

    stock_quantity as quantity_on_hand,

    price as sale_price,
    regular_price as label_price,

    not coalesce(manage_stock = 'true', false) or coalesce(status = 'trash', false) as is_deleted,

    {{ absent('std_product_stock', [
        'first_purchase_date', 'last_purchase_date', 'first_sale_date', 'last_sale_date', 'quantity_on_approval',
        'purchase_price', 'currency', 'is_never_out_of_stock',
    ]) }},

    extensions,
    unreadable_fields
from counted
