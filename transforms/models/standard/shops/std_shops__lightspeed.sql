-- How a Lightspeed outlet becomes a shop of ours.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as shop_id,
    cast(null as varchar) as country_id,
    upper(country_code) as country_code,
    cast(null as varchar) as region_id,

    name as shop_name,
    zip_code,
    city,

    deleted_at is null as is_active,
    cast(null as boolean) as is_web_shop,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__outlets') }}
