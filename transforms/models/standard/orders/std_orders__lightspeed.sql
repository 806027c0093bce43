-- How a consignment from a supplier becomes an order of ours. Transfers, returns and stocktakes are none.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as order_id,
    supplier_id,
    reference as supplier_order_id,

    cast(created_at as date) as order_date,
    status as order_type,

    deleted_at is not null as is_deleted,

    {{ absent('std_orders', ['merchant_id', 'order_source', 'order_status', 'discount_percent']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__consignments') }}
where consignment_type = 'SUPPLIER'
