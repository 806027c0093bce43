-- How goods, shipping and fees of WooCommerce orders and refunds become sale lines of ours.

{{ mapping_of('woocommerce') }}

with

orders as (

    select * from {{ ref('stg_woocommerce__orders') }}
    union all
    select * from {{ ref('stg_woocommerce__trashed_orders') }}

),

refunds as (

    select * from {{ ref('stg_woocommerce__refunds') }}

),

placed as (

    select
        {{ origin() }},
        id as sale_id,
        order_number as receipt_number,
        customer_id,
        payment_method,
        currency,
        date_created,
        date_created_gmt,
        -- What the shop's own reports leave out; states that a plugin adds do count.
        coalesce(
            status in ('pending', 'failed', 'cancelled', 'checkout-draft', 'auto-draft', 'trash'), false
        ) as is_void,
        unreadable_fields
    from orders

),

-- What each order is now.
latest as (

    select * from placed
    qualify row_number() over (
        partition by tenant_id, connection_id, sale_id
        order by changed_at desc, extracted_at desc, batch_id desc, content_hash desc
    ) = 1

),

-- A refund names no currency, and without its order it would be a loss that nobody had. Another landing of the order
-- touches it, so that an increment gives what a rebuild gives.
given as (

    select
        refunds.tenant_id,
        refunds.connection_id,
        refunds.record_key,
        refunds.changed_at,
        refunds.content_hash,
        refunds.batch_id,
        refunds.extracted_at,
        greatest(refunds.landed_at, coalesce(latest.landed_at, refunds.landed_at)) as landed_at,
        refunds.id as sale_id,
        refunds.id as receipt_number,
        latest.customer_id,
        cast(null as varchar) as payment_method,
        latest.currency,
        refunds.date_created,
        refunds.date_created_gmt,
        coalesce(latest.is_void, false) as is_void,
        refunds.unreadable_fields
    from refunds
    left join latest
        on refunds.tenant_id = latest.tenant_id
        and refunds.connection_id = latest.connection_id
        and refunds.parent_id = latest.sale_id

),

receipts as (

    select * from placed
    union all
    select * from given

),

-- Kinds of lines: 0 goods, 1 shipping, 2 fees, 3 what a refund gives back without saying for what.
said as (

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        0 as line_type,
        place,
        name,
        product_id,
        variation_id,
        quantity,
        coalesce(subtotal, total) + coalesce(subtotal_tax, total_tax) as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__order_items') }}

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        1 as line_type,
        place,
        name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as variation_id,
        cast(0 as decimal(18, 3)) as quantity,
        total + total_tax as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__order_shipping') }}

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        2 as line_type,
        place,
        name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as variation_id,
        cast(0 as decimal(18, 3)) as quantity,
        total + total_tax as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__order_fees') }}

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        0 as line_type,
        place,
        name,
        product_id,
        variation_id,
        quantity,
        coalesce(subtotal, total) + coalesce(subtotal_tax, total_tax) as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__refund_items') }}

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        1 as line_type,
        place,
        name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as variation_id,
        cast(0 as decimal(18, 3)) as quantity,
        total + total_tax as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__refund_shipping') }}

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        id,
        2 as line_type,
        place,
        name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as variation_id,
        cast(0 as decimal(18, 3)) as quantity,
        total + total_tax as gross_before_discount,
        total + total_tax as gross,
        total_tax as tax,
        extensions,
        unreadable_fields
    from {{ ref('stg_woocommerce__refund_fees') }}

),

given_back as (

    select
        refunds.tenant_id,
        refunds.connection_id,
        refunds.record_key,
        refunds.batch_id,
        refunds.content_hash,
        refunds.changed_at,
        cast(-refunds.amount - coalesce(sum(said.gross), 0) as decimal(18, 2)) as gross
    from refunds
    left join said
        on refunds.tenant_id = said.tenant_id
        and refunds.connection_id = said.connection_id
        and refunds.record_key = said.record_key
        and refunds.batch_id = said.batch_id
        and refunds.content_hash = said.content_hash
    group by
        refunds.tenant_id, refunds.connection_id, refunds.record_key, refunds.batch_id, refunds.content_hash,
        refunds.changed_at, refunds.amount

),

lines as (

    select * from said

    union all

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        changed_at,
        record_key || '-rest' as id,
        3 as line_type,
        cast(null as integer) as place,
        cast(null as varchar) as name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as variation_id,
        cast(0 as decimal(18, 3)) as quantity,
        gross as gross_before_discount,
        gross,
        cast(null as decimal(24, 6)) as tax,
        '{}' as extensions,
        cast(null as varchar) as unreadable_fields
    from given_back
    where gross <> 0 or gross is null

),

-- A line is taken away by leaving it out, so every later content of its order says something about it.
appeared as (

    select
        tenant_id,
        connection_id,
        record_key,
        id,
        min(changed_at) as appeared_at
    from lines
    group by tenant_id, connection_id, record_key, id

),

mapped as (

    select
        {{ origin('receipts') }},

        appeared.id as sale_line_id,
        receipts.sale_id,
        lines.place as line_number,
        lines.product_id,
        coalesce(lines.variation_id, lines.product_id) as product_size_id,
        'webshop' as shop_id,
        receipts.receipt_number,
        receipts.customer_id,
        receipts.payment_method as payment_option_id,

        cast(receipts.date_created as date) as business_date,
        {{ seconds_of_day('receipts.date_created') }} as seconds_of_day,
        receipts.date_created_gmt as sold_at,
        lines.line_type,
        lines.name as line_name,

        lines.quantity,

        cast(lines.gross as decimal(18, 2)) as amount,
        cast(lines.tax as decimal(18, 2)) as tax_amount,
        {{ quotient(
            'cast(lines.gross_before_discount as decimal(18, 3))',
            'lines.quantity',
            digits=2
        ) }} as label_price,
        cast(lines.gross_before_discount - lines.gross as decimal(18, 2)) as discount_amount,
        upper(receipts.currency) as currency,

        lines.id is null or receipts.is_void as is_deleted,

        {{ absent('std_sale_lines', ['register_id', 'staff_id', 'cashier_id', 'cost_amount']) }},

        lines.extensions,
        {{ joined_texts(
            ['receipts.unreadable_fields', 'lines.unreadable_fields'],
            separator=','
        ) }} as unreadable_fields
    from receipts
    inner join appeared
        on receipts.tenant_id = appeared.tenant_id
        and receipts.connection_id = appeared.connection_id
        and receipts.record_key = appeared.record_key
        and receipts.changed_at >= appeared.appeared_at
    left join lines
        on receipts.tenant_id = lines.tenant_id
        and receipts.connection_id = lines.connection_id
        and receipts.record_key = lines.record_key
        and receipts.batch_id = lines.batch_id
        and receipts.content_hash = lines.content_hash
        and appeared.id = lines.id

)

select * from mapped
