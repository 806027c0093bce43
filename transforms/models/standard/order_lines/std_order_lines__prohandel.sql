-- How a position of a ProHandel order becomes an order line of ours.

{{ config(enabled=is_used('prohandel')) }}

with

orders as (

    select * from {{ ref('stg_prohandel__orders') }}

),

-- An order that gives several positions the same key still orders all of them.
positions as (

    select
        *,
        cast(row_number() over (
            partition by tenant_id, connection_id, record_key, batch_id, content_hash, id
            order by place
        ) as integer) as repetition
    from {{ ref('stg_prohandel__order_positions') }}

),

-- A position is deleted by leaving it out, so every later content of its order says something about it.
appeared as (

    select
        tenant_id,
        connection_id,
        record_key,
        id,
        repetition,
        min(changed_at) as appeared_at
    from positions
    group by tenant_id, connection_id, record_key, id, repetition

),

mapped as (

    select
        orders.tenant_id,
        orders.connection_id,
        orders.record_key,

        appeared.id as order_line_id,
        appeared.repetition,
        orders.number as order_id,
        positions.article_number as product_id,
        positions.branch_number as shop_id,

        positions.size,
        positions.ean,
        positions.status as line_status,
        positions.distribution_status,

        positions.order_amount as ordered_quantity,
        positions.delivered_amount as delivered_quantity,
        positions.backlog_amount as backlog_quantity,
        positions.distributed_amount as distributed_quantity,

        positions.purchase_price,
        positions.net_purchase_price,
        positions.sale_price,
        positions.label_price,
        cast(null as varchar) as currency,

        positions.is_consignment,
        positions.id is null
        or coalesce(positions.is_deleted, false)
        or coalesce(orders.is_deleted, false) as is_deleted,

        positions.extensions,
        positions.unreadable_fields,

        orders.changed_at,
        orders.content_hash,
        orders.batch_id,
        orders.extracted_at,
        orders.landed_at
    from orders
    inner join appeared
        on orders.tenant_id = appeared.tenant_id
        and orders.connection_id = appeared.connection_id
        and orders.record_key = appeared.record_key
        and orders.changed_at >= appeared.appeared_at
    left join positions
        on orders.tenant_id = positions.tenant_id
        and orders.connection_id = positions.connection_id
        and orders.record_key = positions.record_key
        and orders.batch_id = positions.batch_id
        and orders.content_hash = positions.content_hash
        and appeared.id = positions.id
        and appeared.repetition = positions.repetition

)

select * from mapped
