-- Cloud services: on some days less than a tenth of the compute, on others more.
create table truth.cloud as
with weighed as (
    select
        number,
        day_of(start_ms) as day,
        compilation_ms + if(warehouse is null, 200, 20) as weight
    from truth.queries
),

days as (
    select day, sum(weight) as weights
    from weighed
    group by day
),

compute as (
    select day_of(hour_ms) as day, sum(compute_nanos) as nanos
    from truth.warehouse_hours
    group by 1
)

select
    weighed.number,
    round(weight / weights * compute.nanos
        * ([0.04, 0.095, 0.16][1 + (epoch_ms(day::timestamp) // 86400000 % 3)::integer]))::bigint
        as nanos
from weighed
inner join days using (day)
inner join compute using (day);

create table truth.tables as
select
    1000 + r.place * 10 + t as id,
    'MERCURIOS_DATA' as table_catalog,
    r.prefix || '_' || ['RAW', 'STAGING', 'STANDARD', 'ANALYTICS'][1 + t % 4] as table_schema,
    ['SHOP__SALE', 'SHOP__SALE_CURRENT', 'SALES', 'DAILY_SALES', 'SHOP__PRODUCT'][1 + t] as table_name,
    (chance('bytes', r.place * 10 + t) * 5e9)::bigint as bytes
from truth.retailers as r
cross join range(5) as each (t)
union all
select 1, 'MERCURIOS_DATA', 'RAW', 'SHARED', 100000000
union all
select 2, 'REPORTING', 'PUBLIC', 'FACTS', 700000000000;

create table truth.tasks as
select
    900000 + place as task_id,
    'REFRESH' as task_name,
    prefix || '_ANALYTICS' as schema_name,
    'MERCURIOS_DATA' as database_name,
    place
from truth.retailers
where place % 5 = 0;

create table truth.serverless as
with days as (
    select getvariable('begin_ms') + range * 86400000 as day_ms
    from range(getvariable('days'))
)

select 'SERVERLESS_TASK' as service_type, task_id as entity_id, 'TASK' as entity_type,
    task_name as name, day_ms + h * 3600000 as hour_ms,
    (chance('task', day_ms // 3600000 + h * 7 + place) * 5e7)::bigint + 1 as compute_nanos,
    0::bigint as cloud_nanos
from truth.tasks cross join days cross join range(1, 24, 6) as each (h)
union all
select 'AUTO_CLUSTERING', id, 'TABLE', table_name, day_ms + 10800000,
    (chance('cluster', day_ms // 3600000 + id) * 2e8)::bigint + 1,
    (chance('clustering', day_ms // 3600000 + id) * 1e6)::bigint
from truth.tables cross join days
where id = 2 or (id % 10 = 2 and id % 70 < 10)
union all
select 'PIPE', 77, 'PIPE', 'REPORTING.PUBLIC.INBOX', day_ms + h * 3600000,
    (chance('pipe', day_ms // 3600000 + h) * 1e7)::bigint + 1, 0
from days cross join range(24) as each (h)
union all
select 'QUERY_ACCELERATION', q.warehouse, 'WAREHOUSE', any_value(w.name), hour_of(q.start_ms),
    sum(round(a.acceleration * 1e9))::bigint, 0
from truth.attributed as a
inner join truth.queries as q on q.number = a.number
inner join truth.warehouses as w on w.id = q.warehouse
where a.acceleration > 0
group by q.warehouse, hour_of(q.start_ms);

-- One row for each service, thing and hour. Warehouses first, and 0 for what had none.
create table truth.metering as
with cloud as (
    select
        if(q.warehouse is null and getvariable('apart'), 'CLOUD_SERVICES', 'WAREHOUSE_METERING')
            as service_type,
        coalesce(q.warehouse, 0) as entity_id,
        hour_of(q.start_ms) as hour_ms,
        sum(c.nanos)::bigint as nanos
    from truth.queries as q
    inner join truth.cloud as c on c.number = q.number
    group by all
),

attributed as (
    select q.warehouse, hour_of(q.start_ms) as hour_ms, sum(a.credits) * 1e9 as nanos
    from truth.attributed as a inner join truth.queries as q on q.number = a.number
    group by all
)

select
    coalesce(cloud.service_type, 'WAREHOUSE_METERING') as service_type,
    coalesce(h.warehouse, cloud.entity_id) as entity_id,
    'WAREHOUSE' as entity_type,
    coalesce(w.name, 'CLOUD_SERVICES_ONLY') as name,
    coalesce(h.hour_ms, cloud.hour_ms) as hour_ms,
    coalesce(h.compute_nanos, 0) as compute_nanos,
    coalesce(cloud.nanos, 0) as cloud_nanos,
    least(coalesce(h.compute_nanos, 0), coalesce(floor(a.nanos), 0))::bigint as attributed_nanos
from truth.warehouse_hours as h
full join cloud on cloud.entity_id = h.warehouse and cloud.hour_ms = h.hour_ms
left join truth.warehouses as w on w.id = coalesce(h.warehouse, cloud.entity_id)
left join attributed as a on a.warehouse = h.warehouse and a.hour_ms = h.hour_ms
union all
select *, 0 from truth.serverless;

-- The bill. A tenth of the compute of all warehouses is free of cloud services.
create table truth.bill as
with days as (
    select day_of(hour_ms) as day, service_type,
        sum(compute_nanos)::bigint as compute_nanos, sum(cloud_nanos)::bigint as cloud_nanos
    from truth.metering
    group by all
),

free as (
    select
        day,
        sum(compute_nanos) filter (where service_type = 'WAREHOUSE_METERING') // 10 as nanos
    from days
    group by day
)

select
    days.*,
    -case service_type
        when 'WAREHOUSE_METERING' then least(free.nanos, cloud_nanos)
        when 'CLOUD_SERVICES' then least(cloud_nanos, greatest(0, free.nanos - coalesce((
            select other.cloud_nanos from days as other
            where other.day = days.day and other.service_type = 'WAREHOUSE_METERING'
        ), 0)))
        else 0
    end::bigint as adjustment_nanos
from days
inner join free on free.day = days.day;
