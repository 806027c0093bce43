{{ config(materialized='view') }}

with

named as (

    select * from {{ ref('int_costs__named_details') }}

)

select
    engine,
    day,
    service_type,
    kind,
    holder,
    tenant_code,
    connection_code,
    run_code,
    step,
    model,
    warehouse,
    unit,
    nanos,
    amount_nanos,
    is_estimated,
    is_inferred
from named
