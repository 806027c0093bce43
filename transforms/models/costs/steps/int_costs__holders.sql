-- Whose each run is. Several tags may name the same run: here it is once.

select distinct
    run_id,
    holder,
    tenant_code,
    connection_code,
    run_code
from {{ ref('int_costs__runs') }}
