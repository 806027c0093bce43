-- How long each query kept its warehouse awake after it had ended, hour by hour.

with

asked as (

    select * from {{ source('usage', 'asked') }}

),

busy as (

    select
        warehouse_id,
        max(ended_at) over until_now as busy_until,
        lead(began_at) over until_now as next_began_at
    from {{ ref('int_costs__queries') }}
    where warehouse_id <> 0
    window until_now as (
        partition by warehouse_id
        order by began_at asc
        rows between unbounded preceding and current row
    )

),

-- From the end of what ran to the beginning of what came next, or until the warehouse fell asleep.
gaps as (

    select
        busy.warehouse_id,
        busy.busy_until as gap_from,
        max(
            least(
                coalesce(busy.next_began_at, timestamp 'infinity'),
                busy.busy_until + to_seconds(asked.suspend_seconds)
            )
        ) as gap_to
    from busy
    cross join asked
    where
        busy.next_began_at is null
        or busy.next_began_at > busy.busy_until
    group by all

),

-- Of several that ended at the same moment one is chosen, the same each time.
owned as (

    select
        gaps.warehouse_id,
        gaps.gap_from,
        gaps.gap_to,
        arg_min(
            {
                'query_key': queries.query_key,
                'started_at': queries.started_at,
                'run_id': queries.run_id,
                'work_id': queries.work_id
            },
            (queries.run_id, queries.work_id, queries.began_at, queries.query_key)
        ) as owner
    from {{ ref('int_costs__queries') }} as queries
    inner join gaps
        on
        queries.warehouse_id = gaps.warehouse_id
        and queries.ended_at = gaps.gap_from
    group by all

),

hourly as (

    select
        *,
        unnest(
            generate_series(date_trunc('hour', gap_from), gap_to - interval 1 microsecond, interval 1 hour)
        ) as hour
    from owned

)

select
    warehouse_id,
    hour,
    owner.query_key,
    owner.started_at,
    owner.run_id,
    owner.work_id,
    epoch_ms(least(hour + interval 1 hour, gap_to)) - epoch_ms(greatest(hour, gap_from)) as tail_ms
from hourly
