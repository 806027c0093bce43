-- How a customer of a file becomes a customer of ours: without what would tell who it is.

{{ mapping_of('files') }}

select
    {{ origin() }},

    customer_id,
    shop_id,
    country_id,

    creation_date,
    loyalty_points,
    discount_percent,

    coalesce(is_staff, false) as is_staff,
    is_business,
    coalesce(is_deleted, false) as is_deleted,

    {{ absent('std_customers', [
        'merged_into_customer_id', 'bonus_percent', 'lifetime_revenue', 'currency', 'is_locked', 'is_inactive',
        'has_customer_card', 'has_newsletter', 'has_advertising',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_files__customers') }}
