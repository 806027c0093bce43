-- How a customer of a file becomes a customer of ours: without what would tell who it is.

{{ mapping_of('files') }}

select
    {{ origin() }},

    customer_id,
    cast(null as varchar) as merged_into_customer_id,
    shop_id,
    country_id,

    creation_date,
    loyalty_points,
    discount_percent,
    cast(null as decimal(9, 4)) as bonus_percent,

    cast(null as decimal(18, 2)) as lifetime_revenue,
    cast(null as varchar) as currency,

    coalesce(is_staff, false) as is_staff,
    is_business,
    cast(null as boolean) as is_locked,
    cast(null as boolean) as is_inactive,
    cast(null as boolean) as has_customer_card,
    cast(null as boolean) as has_newsletter,
    cast(null as boolean) as has_advertising,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__customers') }}
