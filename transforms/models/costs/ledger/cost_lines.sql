with

-- First by number, which is quick; then by name, as several runs are one tenant's.
summed as (

    select
        bill_id,
        kind,
        run_id,
        warehouse_id,
        is_inferred,
        sum(nanos) as nanos,
        sum(amount_nanos) as amount_nanos
    from {{ ref('int_costs__details') }}
    group by bill_id, kind, run_id, warehouse_id, is_inferred

),

bills as (

    select * from {{ ref('int_costs__priced') }}

),

runs as (

    select * from {{ ref('int_costs__holders') }}

),

warehouses as (

    select * from {{ ref('int_costs__warehouses') }}

),

named as (

    select
        bills.engine,
        bills.day,
        bills.service_type,
        summed.kind,
        runs.holder,
        runs.tenant_code,
        coalesce(warehouses.warehouse, '') as warehouse,
        bills.unit,
        cast(sum(summed.nanos) as bigint) as nanos,
        cast(sum(summed.amount_nanos) as bigint) as amount_nanos,
        bills.is_estimated,
        summed.is_inferred
    from summed
    inner join bills
        on summed.bill_id = bills.bill_id
    inner join runs
        on summed.run_id = runs.run_id
    left join warehouses
        on summed.warehouse_id = warehouses.warehouse_id
    group by all

)

select * from named
