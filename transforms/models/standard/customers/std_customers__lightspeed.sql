-- How a Lightspeed customer becomes a customer of ours: without what would tell who it is.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as customer_id,

    cast(created_at as date) as creation_date,
    loyalty_balance as loyalty_points,

    false as is_staff,
    deleted_at is not null as is_deleted,

    {{ absent('std_customers', [
        'merged_into_customer_id', 'shop_id', 'country_id', 'discount_percent', 'bonus_percent',
        'lifetime_revenue', 'currency', 'is_business', 'is_locked', 'is_inactive', 'has_customer_card',
        'has_newsletter', 'has_advertising',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__customers') }}
