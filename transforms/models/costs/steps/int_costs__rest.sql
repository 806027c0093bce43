-- What the known parts leave of each bill: late hours, foreign objects, what nobody is known for.

with

explained as (

    select
        bill_id,
        sum(nanos) as nanos
    from {{ ref('int_costs__parts') }}
    group by bill_id

)

select
    services.bill_id,
    'UNATTRIBUTED' as kind,
    runs.run_id,
    works.work_id,
    cast(0 as bigint) as warehouse_id,
    false as is_inferred,
    cast(services.nanos - coalesce(explained.nanos, 0) as bigint) as nanos
from {{ ref('int_costs__services') }} as services
left join explained
    on services.bill_id = explained.bill_id
inner join {{ ref('int_costs__runs') }} as runs
    on
    runs.tenant_tag = ''
    and runs.connection_code = ''
    and runs.run_code = ''
    and not runs.has_step
inner join {{ ref('int_costs__works') }} as works
    on
    works.step = ''
    and works.model = ''
where services.nanos <> coalesce(explained.nanos, 0)
