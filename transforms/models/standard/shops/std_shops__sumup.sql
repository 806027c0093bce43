-- How a SumUp merchant becomes a shop of ours.

{{ mapping_of('sumup') }}

select
    {{ origin() }},

    merchant_code as shop_id,
    cast(null as varchar) as country_id,
    upper(country_code) as country_code,
    cast(null as varchar) as region_id,

    merchant_name as shop_name,
    cast(null as varchar) as zip_code,
    cast(null as varchar) as city,

    true as is_active,
    cast(null as boolean) as is_web_shop,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_sumup__merchants') }}
