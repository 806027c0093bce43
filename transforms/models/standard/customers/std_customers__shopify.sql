-- How a Shopify customer becomes a customer of ours: without what would tell who it is.

{{ mapping_of('shopify') }}

select
    {{ origin() }},

    id as customer_id,

    cast(created_at as date) as creation_date,

    amount_spent as lifetime_revenue,
    upper(currency) as currency,

    false as is_staff,
    false as is_deleted,

    {{ absent('std_customers', [
        'merged_into_customer_id', 'shop_id', 'country_id', 'loyalty_points', 'discount_percent', 'bonus_percent',
        'is_business', 'is_locked', 'is_inactive', 'has_customer_card', 'has_newsletter', 'has_advertising',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_shopify__customers') }}
