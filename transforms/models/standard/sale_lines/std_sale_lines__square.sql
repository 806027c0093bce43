-- How a line of a Square order becomes a sale line of ours. What comes back is an order of its own, of its own day,
-- and says nothing about signs: here its quantity and amounts turn negative.

{{ mapping_of('square') }}

with

orders as (

    select * from {{ ref('stg_square__orders') }}

),

sold as (

    select
        {{ origin() }},
        uid as line_uid,
        item_type,
        catalog_object_id,
        name,
        variation_name,
        1 as direction,
        quantity,
        gross_sales as gross_amount,
        total_discount,
        total_tax,
        total,
        base_price,
        currency,
        place,
        extensions,
        unreadable_fields
    from {{ ref('stg_square__order_lines') }}

),

returned as (

    select
        {{ origin() }},
        concat('return|', cast(outer_place as varchar), '|', uid) as line_uid,
        item_type,
        catalog_object_id,
        name,
        variation_name,
        -1 as direction,
        quantity,
        gross_return as gross_amount,
        total_discount,
        total_tax,
        total,
        base_price,
        currency,
        place,
        extensions,
        unreadable_fields
    from {{ ref('stg_square__order_return_lines') }}

),

-- A gift card is money for later: what it buys is a sale.
lines as (

    select * from sold
    where item_type is distinct from 'GIFT_CARD'
    union all
    select * from returned
    where item_type is distinct from 'GIFT_CARD'

),

dated as (

    select
        lines.*,
        orders.id as order_id,
        orders.location_id,
        orders.customer_id,
        orders.state,
        orders.unreadable_fields as unreadable_fields_of_order,
        coalesce(orders.closed_at, orders.created_at) as sold_at,
        {{ utc_to_local('coalesce(orders.closed_at, orders.created_at)', 'orders.location_timezone') }}
            as sold_locally_at
    from lines
    inner join orders
        on lines.tenant_id = orders.tenant_id
        and lines.connection_id = orders.connection_id
        and lines.record_key = orders.record_key
        and lines.batch_id = orders.batch_id
        and lines.content_hash = orders.content_hash

),

mapped as (

    select
        {{ origin() }},

        concat(order_id, '|', line_uid) as sale_line_id,
        order_id as sale_id,
        place as line_number,
        catalog_object_id as product_id,
        catalog_object_id as product_size_id,
        location_id as shop_id,
        customer_id,

        cast(sold_locally_at as date) as business_date,
        {{ seconds_of_day('sold_locally_at') }} as seconds_of_day,
        sold_at,
        {{ joined_texts(['name', 'variation_name'], separator=' ') }} as line_name,

        cast(direction * quantity as decimal(18, 3)) as quantity,

        cast(direction * total as decimal(18, 2)) as amount,
        cast(direction * total_tax as decimal(18, 2)) as tax_amount,
        base_price as label_price,
        cast(direction * total_discount as decimal(18, 2)) as discount_amount,
        currency,

        -- An order that is open, cancelled or a draft is none yet, or none any more.
        coalesce(state <> 'COMPLETED', true) as is_deleted,

        {{ absent('std_sale_lines', [
            'register_id', 'receipt_number', 'staff_id', 'cashier_id', 'payment_option_id', 'line_type',
            'cost_amount',
        ]) }},

        extensions,
        {{ joined_texts(['unreadable_fields_of_order', 'unreadable_fields'], separator=',') }} as unreadable_fields
    from dated

)

select * from mapped
