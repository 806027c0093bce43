-- What the warehouses are called. One may have been renamed: then one of its names serves.

with

named as (

    select
        warehouse_id,
        warehouse_name
    from {{ ref('stg_usage__warehouse_hours') }}

    union

    select
        warehouse_id,
        warehouse_name
    from {{ ref('stg_usage__queries') }}

)

select
    warehouse_id,
    case when warehouse_id = 0 then '' else coalesce(max(warehouse_name), '') end as warehouse
from named
group by warehouse_id
