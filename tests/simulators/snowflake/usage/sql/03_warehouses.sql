-- Which cluster a query runs on, when each cluster is awake, and what its hours cost.
create table truth.placed as
with events as (
    select number, warehouse, start_ms as at_ms, 1 as step
    from truth.queries where warehouse is not null and not is_call
    union all
    select null, warehouse, end_ms, -1
    from truth.queries where warehouse is not null and not is_call
),

counted as (
    -- Day by day, so that the days are counted side by side.
    select
        number,
        warehouse,
        sum(step) over (
            partition by warehouse, at_ms // 86400000 order by at_ms, step
            rows unbounded preceding
        ) as running
    from events
)

select
    counted.number,
    least(w.most_clusters, 1 + greatest(0, running - 1) // w.at_once)::integer as cluster_number
from counted
inner join truth.warehouses as w on w.id = counted.warehouse
where counted.number is not null;

create temp table awake as
with busy as (
    select q.warehouse, coalesce(p.cluster_number, 1) as cluster_number, q.start_ms,
        q.end_ms + w.suspend_ms as sleep_ms
    from truth.queries as q
    inner join truth.warehouses as w on w.id = q.warehouse
    left join truth.placed as p on p.number = q.number
    union all
    -- Somebody resumes a warehouse by hand, and asks nothing of it.
    select 4, 1, getvariable('begin_ms') + range * 86400000 + 73800000,
        getvariable('begin_ms') + range * 86400000 + 73800000 + 2400000
    from range(0, getvariable('days'), 10)
),

grouped as (
    select *, max(sleep_ms) over earlier as slept_ms
    from busy
    window earlier as (
        partition by warehouse, cluster_number order by start_ms, sleep_ms
        rows between unbounded preceding and 1 preceding
    )
),

numbered as (
    select *, sum(if(slept_ms is null or start_ms > slept_ms, 1, 0)) over (
        partition by warehouse, cluster_number order by start_ms, sleep_ms
        rows unbounded preceding
    ) as wake
    from grouped
)

select warehouse, cluster_number, wake, min(start_ms) as start_ms, max(sleep_ms) as sleep_ms
from numbered
group by all;

create table truth.awake as select * from awake;

create table truth.warehouse_hours as
select
    a.warehouse,
    hour_ms,
    count(distinct cluster_number) as clusters,
    sum(least(sleep_ms, hour_ms + 3600000) - greatest(start_ms, hour_ms))::bigint as up_ms,
    round(sum(least(sleep_ms, hour_ms + 3600000) - greatest(start_ms, hour_ms))
        * any_value(w.credits_an_hour) * 1e9 / 3.6e6)::bigint as compute_nanos
from awake as a
cross join unnest(range(hour_of(start_ms), sleep_ms, 3600000)) as each (hour_ms)
inner join truth.warehouses as w on w.id = a.warehouse
group by a.warehouse, hour_ms;

drop table awake;
