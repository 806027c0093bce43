-- How a Square location becomes a shop of ours.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as shop_id,
    upper(country) as country_code,

    coalesce(name, business_name) as shop_name,
    address_postal_code as zip_code,
    address_locality as city,

    status = 'ACTIVE' as is_active,
    false as is_deleted,

    {{ absent('std_shops', ['country_id', 'region_id', 'is_web_shop']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_square__locations') }}
