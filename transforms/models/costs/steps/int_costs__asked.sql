-- Whose each query is, in numbers: texts would be carried through the joins that follow.

with

tagged as (

    select
        queries.*,
        {{ tag_parts("coalesce(nullif(queries.query_tag, ''), inherited.query_tag)") }} as parts
    from {{ ref('stg_usage__queries') }} as queries
    left join {{ ref('int_costs__inherited_tags') }} as inherited
        on queries.query_key = inherited.query_key

),

told as (

    select
        *,
        coalesce(parts[1], '') as tenant_tag,
        coalesce(parts[2], '') as connection_code,
        coalesce(parts[3], '') as run_code,
        coalesce(parts[4], '') as step,
        coalesce(parts[5], '') as model
    from tagged

)

select
    told.query_key,
    told.warehouse_id,
    told.is_call,
    told.has_warehouse,
    told.credits_an_hour,
    told.cloud_services_nanos,
    told.started_at,
    told.began_at,
    told.ended_at,
    runs.run_id,
    works.work_id
from told
inner join {{ ref('int_costs__runs') }} as runs
    on
    told.tenant_tag = runs.tenant_tag
    and told.connection_code = runs.connection_code
    and told.run_code = runs.run_code
    and (told.step <> '') = runs.has_step
inner join {{ ref('int_costs__works') }} as works
    on
    told.step = works.step
    and told.model = works.model
