-- How a shop of a file becomes a shop of ours.

{{ mapping_of('files') }}

select
    {{ origin() }},

    shop_id,
    cast(null as varchar) as country_id,
    upper(country_code) as country_code,
    region_id,

    shop_name,
    zip_code,
    city,

    is_active,
    is_web_shop,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__shops') }}
