-- How a Lightspeed customer becomes a customer of ours: without what would tell who it is.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as customer_id,
    cast(null as varchar) as merged_into_customer_id,
    cast(null as varchar) as shop_id,
    cast(null as varchar) as country_id,

    cast(created_at as date) as creation_date,
    loyalty_balance as loyalty_points,
    cast(null as decimal(9, 4)) as discount_percent,
    cast(null as decimal(9, 4)) as bonus_percent,

    cast(null as decimal(18, 2)) as lifetime_revenue,
    cast(null as varchar) as currency,

    false as is_staff,
    cast(null as boolean) as is_business,
    cast(null as boolean) as is_locked,
    cast(null as boolean) as is_inactive,
    cast(null as boolean) as has_customer_card,
    cast(null as boolean) as has_newsletter,
    cast(null as boolean) as has_advertising,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__customers') }}
