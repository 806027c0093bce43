with

priced as (

    select * from {{ ref('int_costs__priced') }}

)

select
    engine,
    day,
    service_type,
    unit,
    nanos,
    amount_nanos,
    is_billed,
    currency
from priced
