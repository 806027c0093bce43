-- What each query got of its cluster: time, shared with whatever ran beside it. Short ones have
-- no row of their own; what nobody uses is nobody's.
create table truth.attributed as
with events as (
    select q.number, q.warehouse, p.cluster_number, q.execution_start_ms as at_ms, 1 as step
    from truth.queries as q inner join truth.placed as p on p.number = q.number
    union all
    select q.number, q.warehouse, p.cluster_number, q.end_ms, -1
    from truth.queries as q inner join truth.placed as p on p.number = q.number
),

beside as (
    select
        *,
        sum(step) over earlier as running,
        at_ms - lag(at_ms) over (
            partition by warehouse, cluster_number order by at_ms, step, number
        ) as passed_ms
    from events
    window earlier as (
        partition by warehouse, cluster_number order by at_ms, step, number
        rows between unbounded preceding and 1 preceding
    )
),

summed as (
    select
        number,
        sum(if(running > 0, passed_ms / running, 0)) over (
            partition by warehouse, cluster_number order by at_ms, step, number
            rows unbounded preceding
        ) as used_ms
    from beside
)

select
    q.number,
    (max(used_ms) - min(used_ms)) * any_value(w.credits_an_hour) / 3.6e6 as credits,
    if(any_value(q.warehouse) = 2 and chance('acceleration', q.number) < 0.002,
        round(chance('accelerated', q.number) * 0.01, 6), 0) as acceleration
from summed
inner join truth.queries as q on q.number = summed.number
inner join truth.warehouses as w on w.id = q.warehouse
where q.execution_ms >= 100
group by q.number;
