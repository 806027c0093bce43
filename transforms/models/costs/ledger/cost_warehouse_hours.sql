with

hours as (

    select * from {{ ref('int_costs__warehouse_hours') }}

),

warehouses as (

    select * from {{ ref('int_costs__warehouses') }}

),

asked as (

    select * from {{ source('usage', 'asked') }}

),

named as (

    select
        cast(hours.hour as date) as day,
        hours.hour,
        warehouses.warehouse,
        cast(sum(hours.compute_nanos) as bigint) as compute_nanos,
        cast(sum(hours.direct_nanos) as bigint) as direct_nanos,
        cast(sum(hours.idle_nanos) as bigint) as idle_nanos,
        cast(sum(hours.overlap_nanos) as bigint) as overlap_nanos
    from hours
    inner join warehouses
        on hours.warehouse_id = warehouses.warehouse_id
    cross join asked
    where cast(hours.hour as date) between asked.first_day and asked.last_day
    group by hours.hour, warehouses.warehouse

)

select * from named
