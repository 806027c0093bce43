-- How goods, amounts without goods, refunds and charge-backs of SumUp payments become sale lines of ours.

{{ mapping_of('sumup') }}

with

transactions as (

    select * from {{ ref('stg_sumup__transactions') }}

),

products as (

    select * from {{ ref('stg_sumup__transaction_products') }}

),

events as (

    select * from {{ ref('stg_sumup__transaction_events') }}

),

tenants as (

    select * from {{ ref('std_tenants') }}

),

goods as (

    select
        tenant_id,
        connection_id,
        record_key,
        batch_id,
        content_hash,
        sum(quantity) as quantity,
        sum(total_with_vat) as amount,
        sum(coalesce(vat_amount, 0)) as tax_amount,
        count(*) as articles
    from products
    group by tenant_id, connection_id, record_key, batch_id, content_hash

),

-- Kinds of lines: 0 goods, 1 what was paid beyond them, such as a tip, or without any, 2 refunds, 3 charge-backs.
-- A payment without goods is one piece: SumUp is told an amount, and no more.
said as (

    select
        {{ origin() }},
        'product-' || cast(place as varchar) as line_id,
        cast(null as varchar) as event_id,
        place as line_number,
        0 as line_type,
        name as line_name,
        quantity,
        total_with_vat as amount,
        coalesce(vat_amount, 0) as tax_amount,
        price_with_vat as label_price,
        cast(null as timestamp) as happened_at,
        extensions,
        unreadable_fields
    from products

    union all

    select
        {{ origin('transactions') }},
        'rest' as line_id,
        cast(null as varchar) as event_id,
        cast(null as integer) as line_number,
        1 as line_type,
        case when goods.articles is null then transactions.product_summary end as line_name,
        cast(case when goods.articles is null then 1 else 0 end as decimal(18, 3)) as quantity,
        transactions.amount - coalesce(goods.amount, 0) as amount,
        coalesce(transactions.vat_amount, 0) - coalesce(goods.tax_amount, 0) as tax_amount,
        cast(null as decimal(18, 2)) as label_price,
        cast(null as timestamp) as happened_at,
        '{}' as extensions,
        cast(null as varchar) as unreadable_fields
    from transactions
    left join goods
        on transactions.tenant_id = goods.tenant_id
        and transactions.connection_id = goods.connection_id
        and transactions.record_key = goods.record_key
        and transactions.batch_id = goods.batch_id
        and transactions.content_hash = goods.content_hash
    where
        goods.articles is null
        or transactions.amount <> goods.amount
        or coalesce(transactions.vat_amount, 0) <> goods.tax_amount

    union all

    -- All of a payment given back are all its pieces; of a part it is not said what, so it is one.
    select
        {{ origin('events') }},
        'event-' || events.id as line_id,
        events.id as event_id,
        cast(null as integer) as line_number,
        case when events.event_type = 'REFUND' then 2 else 3 end as line_type,
        cast(null as varchar) as line_name,
        cast(
            case when events.amount = transactions.amount then coalesce(goods.quantity, 1) else 1 end * -1
            as decimal(18, 3)
        ) as quantity,
        events.amount * -1 as amount,
        case
            when events.amount = transactions.amount then coalesce(transactions.vat_amount, 0) * -1
            else {{ quotient(
                "cast(events.amount * coalesce(transactions.vat_amount, 0) * -1 as decimal(18, 3))",
                "transactions.amount",
                digits=2
            ) }}
        end as tax_amount,
        cast(null as decimal(18, 2)) as label_price,
        events.happened_at,
        events.extensions,
        events.unreadable_fields
    from events
    inner join transactions
        on events.tenant_id = transactions.tenant_id
        and events.connection_id = transactions.connection_id
        and events.record_key = transactions.record_key
        and events.batch_id = transactions.batch_id
        and events.content_hash = transactions.content_hash
    left join goods
        on events.tenant_id = goods.tenant_id
        and events.connection_id = goods.connection_id
        and events.record_key = goods.record_key
        and events.batch_id = goods.batch_id
        and events.content_hash = goods.content_hash
    where
        events.event_type in ('REFUND', 'CHARGE_BACK')
        and events.status in ('SUCCESSFUL', 'REFUNDED', 'PAID_OUT')

),

-- A line is taken away by leaving it out, so every later content of its payment says something about it.
appeared as (

    select
        tenant_id,
        connection_id,
        record_key,
        line_id,
        min(changed_at) as appeared_at
    from said
    group by tenant_id, connection_id, record_key, line_id

),

lines as (

    select
        {{ origin('transactions') }},
        appeared.line_id,
        transactions.id,
        transactions.merchant_code,
        transactions.transaction_code,
        transactions.payment_type,
        transactions.currency,
        coalesce(said.happened_at, transactions.paid_at) as sold_at,
        said.event_id,
        said.line_number,
        said.line_type,
        said.line_name,
        said.quantity,
        said.amount,
        said.tax_amount,
        said.label_price,
        -- A payment that was given back is still one; the refund is a line of its own.
        said.line_id is null
        or coalesce(transactions.status not in ('SUCCESSFUL', 'REFUNDED', 'CHARGE_BACK'), true) as is_deleted,
        said.extensions,
        {{ joined_texts(
            ['transactions.unreadable_fields', 'said.unreadable_fields'],
            separator=','
        ) }} as unreadable_fields
    from transactions
    inner join appeared
        on transactions.tenant_id = appeared.tenant_id
        and transactions.connection_id = appeared.connection_id
        and transactions.record_key = appeared.record_key
        and transactions.changed_at >= appeared.appeared_at
    left join said
        on transactions.tenant_id = said.tenant_id
        and transactions.connection_id = said.connection_id
        and transactions.record_key = said.record_key
        and transactions.batch_id = said.batch_id
        and transactions.content_hash = said.content_hash
        and appeared.line_id = said.line_id

),

-- SumUp knows no time zone of the shop, so the day is that of the tenant.
dated as (

    select
        lines.*,
        {{ utc_to_local('lines.sold_at', 'tenants.time_zone') }} as sold_locally_at
    from lines
    left join tenants
        on lines.tenant_id = tenants.tenant_id

),

mapped as (

    select
        {{ origin() }},

        concat(id, '|', line_id) as sale_line_id,
        case when event_id is null then id else concat(id, '|', event_id) end as sale_id,
        line_number,
        merchant_code as shop_id,
        transaction_code as receipt_number,
        payment_type as payment_option_id,

        cast(sold_locally_at as date) as business_date,
        {{ seconds_of_day('sold_locally_at') }} as seconds_of_day,
        sold_at,
        line_type,
        line_name,

        quantity,

        cast(amount as decimal(18, 2)) as amount,
        cast(tax_amount as decimal(18, 2)) as tax_amount,
        label_price,
        upper(currency) as currency,

        is_deleted,

        {{ absent('std_sale_lines', [
            'product_id', 'product_size_id', 'register_id', 'customer_id', 'staff_id', 'cashier_id',
            'discount_amount', 'cost_amount',
        ]) }},

        extensions,
        unreadable_fields
    from dated

)

select * from mapped
