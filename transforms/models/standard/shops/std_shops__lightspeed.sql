-- How a Lightspeed outlet becomes a shop of ours.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as shop_id,
    upper(country_code) as country_code,

    name as shop_name,
    zip_code,
    city,

    deleted_at is null as is_active,
    deleted_at is not null as is_deleted,

    {{ absent('std_shops', ['country_id', 'region_id', 'is_web_shop']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__outlets') }}
