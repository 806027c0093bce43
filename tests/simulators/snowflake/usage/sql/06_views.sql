-- What Snowflake shows, row by row: of which day it is, and from when until when it is seen.
create view usage.warehouse_metering_history as
with hours as (
    select *, hour_ms // 3600000 * 100 + entity_id as number
    from truth.metering
    where service_type in ('WAREHOUSE_METERING', 'CLOUD_SERVICES')
),

readings as (
    -- The hour itself first; cloud services and what queries used are known later.
    select *, 0 as cloud_then, 0 as attributed_then,
        hour_ms + 3600000 + 1800000 + (chance('metered', number) * 9000000)::bigint as from_ms,
        hour_ms + 14400000 + (chance('finished', number) * 10800000)::bigint as until_ms
    from hours
    where compute_nanos > 0
    union all
    select *, cloud_nanos, attributed_nanos,
        hour_ms + 14400000 + (chance('finished', number) * 10800000)::bigint, null
    from hours
)

select
    moment(hour_ms) as start_time,
    moment(hour_ms + 3600000) as end_time,
    entity_id::bigint as warehouse_id,
    name as warehouse_name,
    credits(compute_nanos + cloud_then) as credits_used,
    credits(compute_nanos) as credits_used_compute,
    credits(cloud_then) as credits_used_cloud_services,
    credits(attributed_then) as credits_attributed_compute_queries,
    day_of(hour_ms) as day, moment(from_ms) as visible_from, moment(until_ms) as visible_until
from readings;

create view usage.metering_history as
with hours as (
    select *, hour_ms // 3600000 * 1000003 + entity_id as number
    from truth.metering
)

select
    service_type,
    moment(hour_ms) as start_time,
    moment(hour_ms + 3600000) as end_time,
    entity_id::bigint as entity_id,
    entity_type,
    name,
    credits(compute_nanos) as credits_used_compute,
    credits(cloud_nanos) as credits_used_cloud_services,
    credits(compute_nanos + cloud_nanos) as credits_used,
    day_of(hour_ms) as day,
    moment(hour_ms + 5400000 + (chance('shown', number) * 16200000)::bigint) as visible_from,
    null::timestamp as visible_until
from hours;

create view usage.metering_daily_history as
select
    day as usage_date,
    service_type,
    credits(compute_nanos) as credits_used_compute,
    credits(cloud_nanos) as credits_used_cloud_services,
    credits(adjustment_nanos) as credits_adjustment_cloud_services,
    credits(compute_nanos + cloud_nanos + adjustment_nanos) as credits_billed,
    day,
    moment(milliseconds(day) + 97200000
        + (chance(service_type, milliseconds(day) // 86400000) * 75600000)::bigint) as visible_from,
    null::timestamp as visible_until
from truth.bill;

create view usage.query_history as
select
    q.query_id,
    q.query_tag,
    q.query_type,
    q.query_hash as query_parameterized_hash,
    q.user_name,
    q.role_name,
    q.database_name,
    q.schema_name,
    q.warehouse as warehouse_id,
    w.name as warehouse_name,
    w.size as warehouse_size,
    p.cluster_number,
    moment(q.start_ms) as start_time,
    moment(q.end_ms) as end_time,
    q.end_ms - q.start_ms as total_elapsed_time,
    q.execution_ms as execution_time,
    q.compilation_ms as compilation_time,
    q.provisioning_ms as queued_provisioning_time,
    0::bigint as queued_repair_time,
    q.overload_ms as queued_overload_time,
    0::bigint as list_external_files_time,
    if(q.warehouse is null, 0, q.execution_ms * 20000) as bytes_scanned,
    if(q.execution_ms > 60000, q.execution_ms * 900, 0) as bytes_spilled_to_local_storage,
    if(q.execution_ms > 600000, q.execution_ms * 400, 0) as bytes_spilled_to_remote_storage,
    if(q.warehouse is null, 0, 1 + q.execution_ms // 500) as partitions_scanned,
    if(q.warehouse is null, 0, 4 + q.execution_ms // 200) as partitions_total,
    c.nanos / 1e9 as credits_used_cloud_services,
    if(chance('fails', q.number) < 0.01, 'FAIL', 'SUCCESS') as execution_status,
    if(chance('fails', q.number) < 0.01, '100038', null) as error_code,
    day_of(q.start_ms) as day,
    moment(q.end_ms + 300000 + (chance('listed', q.number) * 10200000)::bigint) as visible_from,
    null::timestamp as visible_until
from truth.queries as q
inner join truth.cloud as c on c.number = q.number
left join truth.placed as p on p.number = q.number
left join truth.warehouses as w on w.id = q.warehouse;

create view usage.query_attribution_history as
select
    q.query_id,
    q.root_query_id as parent_query_id,
    q.root_query_id,
    q.warehouse as warehouse_id,
    w.name as warehouse_name,
    q.query_tag,
    q.user_name,
    moment(q.start_ms) as start_time,
    moment(q.end_ms) as end_time,
    a.credits as credits_attributed_compute,
    a.acceleration as credits_used_query_acceleration,
    day_of(q.start_ms) as day,
    moment(q.end_ms + 3600000 + (chance('told', q.number)
        * if(chance('very late', q.number) < 0.005, 140400000, 25200000))::bigint) as visible_from,
    null::timestamp as visible_until
from truth.attributed as a
inner join truth.queries as q on q.number = a.number
inner join truth.warehouses as w on w.id = q.warehouse;

create view usage.serverless_task_history as
select
    moment(s.hour_ms + 60000) as start_time,
    moment(s.hour_ms + 240000) as end_time,
    t.task_id::bigint as task_id,
    t.task_name,
    t.schema_name,
    t.database_name,
    credits(s.compute_nanos) as credits_used,
    day_of(s.hour_ms) as day,
    moment(s.hour_ms + 3600000 + (chance('ran', s.hour_ms // 3600000 + t.place) * 7200000)::bigint)
        as visible_from,
    null::timestamp as visible_until
from truth.serverless as s
inner join truth.tasks as t on t.task_id = s.entity_id
where s.service_type = 'SERVERLESS_TASK';

-- As the tables are on a day: they grow by a hundredth a day.
create view usage.table_storage_metrics as
with days as (
    select getvariable('begin_ms') + range * 86400000 as day_ms, range as age
    from range(getvariable('days'))
)

select
    t.id::bigint as id,
    t.table_catalog, t.table_schema, t.table_name,
    t.bytes + t.bytes * age // 100 as active_bytes,
    t.bytes // 50 as time_travel_bytes,
    t.bytes // 20 as failsafe_bytes,
    0::bigint as retained_for_clone_bytes,
    day_of(day_ms) as day, moment(day_ms) as visible_from,
    moment(day_ms + 86400000) as visible_until
from truth.tables as t
cross join days;

create view usage.database_storage_usage_history as
select
    day as usage_date,
    table_catalog as database_name,
    sum(active_bytes + time_travel_bytes) * 1.01 as average_database_bytes,
    sum(failsafe_bytes)::double as average_failsafe_bytes,
    day,
    moment(milliseconds(day) + 93600000 + (hash(day) % 7200000)::bigint) as visible_from,
    null::timestamp as visible_until
from usage.table_storage_metrics
group by day, table_catalog;

create view usage.stage_storage_usage_history as
select
    day_of(getvariable('begin_ms') + range * 86400000) as usage_date,
    5e9 + range * 1e7 as average_stage_bytes,
    day_of(getvariable('begin_ms') + range * 86400000) as day,
    moment(getvariable('begin_ms') + range * 86400000 + 97200000) as visible_from,
    null::timestamp as visible_until
from range(getvariable('days'));

-- The price of a credit falls in the middle. Another account of the organisation pays another one,
-- and what is given back has prices of its own.
create view usage.rate_sheet_daily as
with days as (
    select day_of(getvariable('begin_ms') + range * 86400000) as day, range as age
    from range(getvariable('days'))
),

sheet as (
    select *
    from (values
        ('COMPUTE', 'compute', 3.9, 3.6), ('COMPUTE', 'cloud services', 3.9, 3.6),
        ('COMPUTE', 'serverless tasks', 3.9, 3.6), ('COMPUTE', 'automatic clustering', 3.9, 3.6),
        ('COMPUTE', 'snowpipe', 3.9, 3.6), ('COMPUTE', 'query acceleration', 3.9, 3.6),
        ('STORAGE', 'storage', 24.5, 23.0)
    ) as each (service_type, usage_type, before, after)
)

select
    day as date,
    account_name,
    'AWS_EU_CENTRAL_1' as region,
    'enterprise' as service_level,
    service_type,
    usage_type,
    getvariable('currency') as currency,
    (if(age * 2 < getvariable('days'), before, after)
        + if(account_name = 'OTHER', 1, 0)
        + if(is_adjustment or billing_type = 'rebate', 0.5, 0))::decimal(38, 2) as effective_rate,
    billing_type,
    is_adjustment,
    day,
    moment(milliseconds(day) + 90000000) as visible_from,
    null::timestamp as visible_until
from days
cross join sheet
cross join (values ('FAKESNOW'), ('OTHER')) as accounts (account_name)
cross join (values ('consumption', false), ('consumption', true), ('rebate', false))
    as kinds (billing_type, is_adjustment)
where getvariable('has_rates');
