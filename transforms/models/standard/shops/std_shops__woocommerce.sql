-- How a WooCommerce shop becomes a shop of ours. It has no record of its own, so the setting that says in which
-- country it is stands for it.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    'webshop' as shop_id,
    split_part(value, ':', 1) as country_id,
    upper(split_part(value, ':', 1)) as country_code,

    true as is_active,
    true as is_web_shop,
    false as is_deleted,

    {{ absent('std_shops', ['region_id', 'shop_name', 'zip_code', 'city']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__settings') }}
where id = 'woocommerce_default_country'
