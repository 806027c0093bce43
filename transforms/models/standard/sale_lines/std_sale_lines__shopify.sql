-- How an entry of Shopify's ledger becomes a sale line of ours. Each agreement is a receipt of its own day: a return
-- counts when it is agreed, not when the order was placed. Entries are never changed, only followed by others.

{{ mapping_of('shopify') }}

with

orders as (

    select * from {{ ref('stg_shopify__orders') }}

),

agreements as (

    select * from {{ ref('stg_shopify__agreements') }}

),

-- Shipping, tips, duties and fees are no goods. A gift card is money for later: what it buys is a sale.
sales as (

    select
        *,
        line_type = 'PRODUCT' and action_type = 'RETURN' as is_taken_back
    from {{ ref('stg_shopify__sales') }}
    where line_type in ('PRODUCT', 'ADJUSTMENT')

),

dated as (

    select
        sales.*,
        orders.name as order_name,
        orders.shop_id,
        orders.retail_location_id,
        orders.customer_id,
        orders.is_test,
        orders.has_more_agreements,
        orders.unreadable_fields as unreadable_fields_of_order,
        agreements.id as agreement_id,
        agreements.has_more_sales,
        agreements.happened_at,
        agreements.unreadable_fields as unreadable_fields_of_agreement,
        {{ utc_to_local('agreements.happened_at', 'orders.shop_timezone') }} as happened_locally_at
    from sales
    inner join orders
        on sales.tenant_id = orders.tenant_id
        and sales.connection_id = orders.connection_id
        and sales.record_key = orders.record_key
        and sales.batch_id = orders.batch_id
        and sales.content_hash = orders.content_hash
    inner join agreements
        on sales.tenant_id = agreements.tenant_id
        and sales.connection_id = agreements.connection_id
        and sales.record_key = agreements.record_key
        and sales.batch_id = agreements.batch_id
        and sales.content_hash = agreements.content_hash
        and sales.outer_place = agreements.place

),

mapped as (

    select
        {{ origin() }},

        id as sale_line_id,
        agreement_id as sale_id,
        place as line_number,
        variant_id as product_id,
        variant_id as product_size_id,
        coalesce(retail_location_id, shop_id) as shop_id,
        order_name as receipt_number,
        customer_id,

        cast(happened_locally_at as date) as business_date,
        {{ seconds_of_day('happened_locally_at') }} as seconds_of_day,
        happened_at as sold_at,
        coalesce(name, line_type) as line_name,

        -- The ledger is signed; that a return is, nobody has promised.
        cast(case when is_taken_back then -abs(quantity) else coalesce(quantity, 0) end as decimal(18, 3)) as quantity,

        cast(case when is_taken_back then -abs(total) else total end as decimal(18, 2)) as amount,
        cast(case when is_taken_back then -abs(total_tax) else total_tax end as decimal(18, 2)) as tax_amount,
        cast(case when is_taken_back then -abs(total_discount) else total_discount end as decimal(18, 2))
            as discount_amount,
        upper(currency) as currency,

        coalesce(is_test, false) as is_deleted,

        {{ absent('std_sale_lines', [
            'register_id', 'staff_id', 'cashier_id', 'payment_option_id', 'line_type', 'label_price',
            'cost_amount',
        ]) }},

        extensions,
        -- An order that was not read whole must not pass for one.
        {{ joined_texts([
            'unreadable_fields_of_order',
            'unreadable_fields_of_agreement',
            'unreadable_fields',
            "case when has_more_agreements then 'agreements' end",
            "case when has_more_sales then 'agreements.sales' end",
        ], separator=',') }} as unreadable_fields
    from dated

)

select * from mapped
