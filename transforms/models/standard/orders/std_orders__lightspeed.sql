-- How a consignment from a supplier becomes an order of ours. Transfers, returns and stocktakes are none.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as order_id,
    supplier_id,
    reference as supplier_order_id,
    cast(null as varchar) as merchant_id,

    cast(created_at as date) as order_date,
    cast(null as varchar) as order_source,
    status as order_type,
    cast(null as integer) as order_status,
    cast(null as decimal(9, 4)) as discount_percent,

    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__consignments') }}
where consignment_type = 'SUPPLIER'
