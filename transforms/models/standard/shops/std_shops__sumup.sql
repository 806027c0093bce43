-- How a SumUp merchant becomes a shop of ours.

{{ mapping_of('sumup') }}

select
    {{ origin() }},

    merchant_code as shop_id,
    upper(country_code) as country_code,

    merchant_name as shop_name,

    true as is_active,
    false as is_deleted,

    {{ absent('std_shops', ['country_id', 'region_id', 'zip_code', 'city', 'is_web_shop']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_sumup__merchants') }}
