-- The parts of each bill, and what is left of it: late hours, foreign objects, what nobody is known for.

with

services as (

    select * from {{ ref('int_costs__services') }}

),

warehouses as (

    select * from services
    where
        service_type = 'WAREHOUSE_METERING'
        and engine = 'SNOWFLAKE'

),

whole as (

    select
        runs.run_id,
        runs.tenant_code,
        runs.tenant_tag,
        works.work_id
    from {{ ref('int_costs__runs') }} as runs
    inner join {{ ref('int_costs__works') }} as works
        on
        works.step = ''
        and works.model = ''
    where
        runs.connection_code = ''
        and runs.run_code = ''
        and not runs.has_step

),

direct as (

    select
        warehouses.bill_id,
        causes.run_id,
        causes.work_id,
        causes.warehouse_id,
        unnest([false, true]) as is_inferred,
        unnest([causes.attributed_nanos, causes.inferred_nanos]) as nanos
    from {{ ref('int_costs__cause_days') }} as causes
    inner join warehouses
        on causes.day = warehouses.day

),

shared as (

    select
        warehouses.bill_id,
        hours.kind,
        hours.run_id,
        hours.work_id,
        hours.warehouse_id,
        hours.is_inferred,
        sum(hours.nanos) as nanos
    from {{ ref('int_costs__shared_hours') }} as hours
    inner join warehouses
        on cast(hours.hour as date) = warehouses.day
    group by all

),

accelerated as (

    select
        services.bill_id,
        causes.run_id,
        causes.work_id,
        causes.warehouse_id,
        causes.acceleration_nanos as nanos
    from {{ ref('int_costs__cause_days') }} as causes
    inner join services
        on
        causes.day = services.day
        and services.service_type = 'QUERY_ACCELERATION'
        and services.engine = 'SNOWFLAKE'

),

whose as (

    select
        'SNOWFLAKE' as engine,
        day,
        service_type,
        'SERVERLESS' as kind,
        tenant_code,
        nanos
    from {{ ref('int_costs__serverless') }}

    union all

    select
        'SNOWFLAKE' as engine,
        day,
        'STORAGE' as service_type,
        'STORAGE' as kind,
        tenant_code,
        nanos
    from {{ ref('int_costs__storage') }}

),

embedded as (

    select
        services.bill_id,
        embedded.kind,
        runs.run_id,
        works.work_id,
        embedded.nanos
    from {{ ref('int_costs__embedded') }} as embedded
    inner join services
        on
        services.engine = 'DUCKDB'
        and embedded.day = services.day
        and embedded.service_type = services.service_type
    inner join {{ ref('int_costs__runs') }} as runs
        on
        embedded.tenant_code = runs.tenant_tag
        and embedded.connection_code = runs.connection_code
        and embedded.run_code = runs.run_code
        and (embedded.kind <> 'STORAGE') = runs.has_step
    inner join {{ ref('int_costs__works') }} as works
        on
        embedded.step = works.step
        and embedded.model = works.model

),

known as (

    select
        bill_id,
        'DIRECT' as kind,
        run_id,
        work_id,
        warehouse_id,
        is_inferred,
        nanos
    from direct
    where nanos <> 0

    union all by name

    select * from shared

    union all by name

    select
        bill_id,
        'SERVERLESS' as kind,
        run_id,
        work_id,
        warehouse_id,
        false as is_inferred,
        nanos
    from accelerated
    where nanos <> 0

    union all by name

    select
        bill_id,
        'CLOUD_SERVICES' as kind,
        run_id,
        work_id,
        warehouse_id,
        false as is_inferred,
        nanos
    from {{ ref('int_costs__cloud_services') }}
    where nanos <> 0

    union all by name

    select
        services.bill_id,
        whose.kind,
        whole.run_id,
        whole.work_id,
        0 as warehouse_id,
        false as is_inferred,
        whose.nanos
    from whose
    inner join services
        on
        whose.engine = services.engine
        and whose.day = services.day
        and whose.service_type = services.service_type
    inner join whole
        on whose.tenant_code = whole.tenant_tag
    where whose.nanos <> 0

    union all by name

    select
        bill_id,
        kind,
        run_id,
        work_id,
        0 as warehouse_id,
        false as is_inferred,
        nanos
    from embedded

)

select
    bill_id,
    kind,
    run_id,
    work_id,
    cast(warehouse_id as bigint) as warehouse_id,
    is_inferred,
    cast(nanos as bigint) as nanos
from known
