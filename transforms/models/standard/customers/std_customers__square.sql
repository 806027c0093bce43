-- How a Square customer becomes a customer of ours: without what would tell who it is.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as customer_id,

    cast(created_at as date) as creation_date,

    false as is_staff,
    false as is_deleted,

    {{ absent('std_customers', [
        'merged_into_customer_id', 'shop_id', 'country_id', 'loyalty_points', 'discount_percent', 'bonus_percent',
        'lifetime_revenue', 'currency', 'is_business', 'is_locked', 'is_inactive', 'has_customer_card',
        'has_newsletter', 'has_advertising',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_square__customers') }}
