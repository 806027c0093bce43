-- How a country of WooCommerce becomes a country of ours.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    code as country_id,

    name as country_name,
    upper(code) as country_code,
    cast(null as varchar) as currency,

    cast(null as boolean) as is_in_eu,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__countries') }}
