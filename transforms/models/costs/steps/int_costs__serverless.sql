-- What services without a warehouse used for the schemas of ours: the rest is nobody's.

with

tasks as (

    select
        day,
        'SERVERLESS_TASK' as service_type,
        database_name,
        schema_name,
        nanos
    from {{ ref('stg_usage__tasks') }}

),

objects as (

    select
        services.day,
        services.service_type,
        tables.database_name,
        tables.schema_name,
        services.compute_nanos + services.cloud_services_nanos as nanos
    from {{ ref('stg_usage__services') }} as services
    inner join {{ ref('stg_usage__tables') }} as tables
        on services.entity_id = tables.table_id
    where
        services.entity_type in ('TABLE', 'MATERIALIZED VIEW', 'MATERIALIZED_VIEW')
        and services.service_type not in ('SERVERLESS_TASK', 'QUERY_ACCELERATION', 'CLOUD_SERVICES')

),

used as (

    select * from tasks
    union all
    select * from objects

)

select
    used.day,
    used.service_type,
    coalesce(schemas.tenant_code, '{{ platform_code() }}') as tenant_code,
    cast(sum(used.nanos) as bigint) as nanos
from used
left join {{ ref('stg_usage__schemas') }} as schemas
    on used.schema_name = schemas.schema_name
where used.database_name = '{{ our_database() }}'
group by all
