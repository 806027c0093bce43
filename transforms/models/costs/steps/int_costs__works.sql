-- What runs do: their steps and models. A number for each.

with

every as (

    select
        step,
        model
    from {{ ref('int_costs__tags') }}
    where not is_run

    union

    select
        step,
        model
    from {{ source('usage', 'embedded_runs') }}

    union

    select
        '' as step,
        '' as model

)

select
    cast(row_number() over (order by step asc, model asc) as integer) as work_id,
    step,
    model
from every
