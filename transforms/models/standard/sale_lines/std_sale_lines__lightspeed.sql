-- How a line of a Lightspeed sale becomes a sale line of ours. A return is a sale of its own with negative lines.
-- Prices there are without tax, to a fraction of a cent; ours are what was paid.

{{ mapping_of('lightspeed') }}

with

sales as (

    select * from {{ ref('stg_lightspeed__sales') }}

),

-- A gift card is money for later: what it buys is a sale.
lines as (

    select * from {{ ref('stg_lightspeed__sale_lines') }}
    where gift_card_number is null

),

-- What the outlet is now. Another landing of it touches all of its sales, so that an increment gives what a rebuild
-- gives.
outlets as (

    select * from {{ ref('stg_lightspeed__outlets') }}
    qualify row_number() over (
        partition by tenant_id, connection_id, id
        order by changed_at desc, extracted_at desc, batch_id desc, content_hash desc
    ) = 1

),

dated as (

    select
        lines.*,
        sales.id as sale_id,
        sales.outlet_id,
        sales.register_id,
        sales.receipt_number,
        sales.customer_id,
        sales.user_id,
        sales.status as sale_status,
        sales.state,
        sales.sold_at,
        sales.deleted_at,
        sales.unreadable_fields as unreadable_fields_of_sale,
        outlets.currency,
        outlets.landed_at as outlet_landed_at,
        {{ utc_to_local("sales.sold_at", "coalesce(outlets.time_zone, 'UTC')") }} as sold_locally_at,
        case when outlets.id is null then 'outlet_id' end as without_outlet
    from lines
    inner join sales
        on lines.tenant_id = sales.tenant_id
        and lines.connection_id = sales.connection_id
        and lines.record_key = sales.record_key
        and lines.batch_id = sales.batch_id
        and lines.content_hash = sales.content_hash
    left join outlets
        on sales.tenant_id = outlets.tenant_id
        and sales.connection_id = outlets.connection_id
        and sales.outlet_id = outlets.id

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,
        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        greatest(landed_at, coalesce(outlet_landed_at, landed_at)) as landed_at,

        id as sale_line_id,
        sale_id,
        place as line_number,
        product_id,
        product_id as product_size_id,
        outlet_id as shop_id,
        register_id,
        receipt_number,
        customer_id,
        user_id as cashier_id,

        cast(sold_locally_at as date) as business_date,
        {{ seconds_of_day('sold_locally_at') }} as seconds_of_day,
        sold_at,

        quantity,

        cast(price_total + tax_total as decimal(18, 2)) as amount,
        cast(tax_total as decimal(18, 2)) as tax_amount,
        cast(discount_total as decimal(18, 2)) as discount_amount,
        cast(cost_total as decimal(18, 2)) as cost_amount,
        upper(currency) as currency,

        -- Goods that left the shop on account are sold; what is parked, laid by or voided is not.
        deleted_at is not null
        or coalesce(sale_status = 'VOIDED', false)
        or not coalesce(state = 'closed' or sale_status like '%CLOSED' or sale_status = 'ONACCOUNT', false)
            as is_deleted,

        {{ absent('std_sale_lines', ['staff_id', 'payment_option_id', 'line_type', 'line_name', 'label_price']) }},

        extensions,
        {{ joined_texts(['unreadable_fields_of_sale', 'unreadable_fields', 'without_outlet'], separator=',') }}
            as unreadable_fields
    from dated

)

select * from mapped
