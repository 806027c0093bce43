{{ config(materialized='view') }}

with

used as (

    select * from {{ ref('int_costs__query_days') }}

),

queries as (

    select * from {{ ref('stg_usage__queries') }}

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
        'SNOWFLAKE' as engine,
        used.day,
        queries.query_id,
        queries.started_at,
        queries.ended_at,
        runs.holder,
        runs.tenant_code,
        runs.connection_code,
        runs.run_code,
        works.step,
        works.model,
        coalesce(warehouses.warehouse, '') as warehouse,
        coalesce(queries.user_name, '') as user_name,
        coalesce(queries.query_type, '') as query_type,
        coalesce(queries.query_hash, '') as query_hash,
        coalesce(queries.status, '') as status,
        coalesce(queries.execution_ms, 0) as execution_ms,
        coalesce(queries.bytes_scanned, 0) as bytes_scanned,
        used.direct_nanos,
        used.tail_ms,
        used.cloud_services_nanos,
        used.is_inferred
    from used
    inner join queries
        on used.query_key = queries.query_key
    inner join runs
        on used.run_id = runs.run_id
    inner join works
        on used.work_id = works.work_id
    left join warehouses
        on used.warehouse_id = warehouses.warehouse_id

)

select * from named
