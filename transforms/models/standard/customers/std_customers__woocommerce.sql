-- How an account of a WooCommerce shop becomes a customer of ours: without what would tell who it is.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    id as customer_id,
    'webshop' as shop_id,

    cast(date_created as date) as creation_date,

    coalesce(role not in ('customer', 'subscriber'), false) as is_staff,
    false as is_deleted,

    {{ absent('std_customers', [
        'merged_into_customer_id', 'country_id', 'loyalty_points', 'discount_percent', 'bonus_percent',
        'lifetime_revenue', 'currency', 'is_business', 'is_locked', 'is_inactive', 'has_customer_card',
        'has_newsletter', 'has_advertising',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__customers') }}
