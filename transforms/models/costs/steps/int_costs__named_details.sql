{{ config(materialized='view') }}
-- Every part of every bill by name; its numbers stay, as they are quick to sort by.

with

details as (

    select * from {{ ref('int_costs__details') }}

),

bills as (

    select * from {{ ref('int_costs__priced') }}

),

runs as (

    select * from {{ ref('int_costs__holders') }}

),

works as (

    select * from {{ ref('int_costs__works') }}

),

warehouses as (

    select * from {{ ref('int_costs__warehouses') }}

),

named as (

    select
        details.bill_id,
        details.run_id,
        details.work_id,
        details.warehouse_id,
        bills.engine,
        bills.day,
        bills.service_type,
        details.kind,
        runs.holder,
        runs.tenant_code,
        runs.connection_code,
        runs.run_code,
        works.step,
        works.model,
        coalesce(warehouses.warehouse, '') as warehouse,
        bills.unit,
        details.nanos,
        details.amount_nanos,
        bills.is_estimated,
        details.is_inferred
    from details
    inner join bills
        on details.bill_id = bills.bill_id
    inner join runs
        on details.run_id = runs.run_id
    inner join works
        on details.work_id = works.work_id
    left join warehouses
        on details.warehouse_id = warehouses.warehouse_id

)

select * from named
