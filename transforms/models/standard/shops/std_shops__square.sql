-- How a Square location becomes a shop of ours.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as shop_id,
    cast(null as varchar) as country_id,
    upper(country) as country_code,
    cast(null as varchar) as region_id,

    coalesce(name, business_name) as shop_name,
    address_postal_code as zip_code,
    address_locality as city,

    status = 'ACTIVE' as is_active,
    cast(null as boolean) as is_web_shop,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_square__locations') }}
