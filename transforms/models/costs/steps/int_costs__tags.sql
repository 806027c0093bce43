-- Which runs and which works the queries' tags name: one pass over the tags, which are the largest column.

with

parsed as (

    select {{ tag_parts('query_tag') }} as parts
    from {{ ref('stg_usage__queries') }}

),

named as (

    select
        coalesce(parts[1], '') as tenant_tag,
        coalesce(parts[2], '') as connection_code,
        coalesce(parts[3], '') as run_code,
        coalesce(parts[4], '') <> '' as has_step,
        coalesce(parts[4], '') as step,
        coalesce(parts[5], '') as model
    from parsed

)

select
    tenant_tag,
    connection_code,
    run_code,
    has_step,
    step,
    model,
    -- Each row names a run or a work.
    grouping(step) = 1 as is_run
from named
-- The linter does not know these sets. Two distincts would parse every tag twice, or keep all that was parsed.
group by grouping sets ((tenant_tag, connection_code, run_code, has_step), (step, model)) -- noqa: PRS
