-- Runs of retailers on schedules that meet at the same hours; people by day; the platform itself.
create temp table runs as
select
    number,
    r.*,
    chance('call', number) < 0.05 as has_call,
    code('run', number) as run_code,
    code('connection', r.place * 10 + number % 2) as connection_code,
    getvariable('begin_ms') + (number % getvariable('days')) * 86400000
    + case when chance('on schedule', number) < 0.7
        then ((2 + 6 * (hash(number, 'slot') % 4)) * 3600000 + chance('late', number) * 1200000)::bigint
        else (chance('hour', number) * 86400000)::bigint
    end as start_ms
from (
    select
        range as number,
        case when chance('busy', range) < 0.5
            then (range // getvariable('days')) % getvariable('retailers')
            else floor(power(chance('which', range), 3) * getvariable('retailers'))
        end as retailer
    from range(getvariable('runs'))
) as each
inner join truth.retailers as r on r.place = each.retailer;

create temp table asked as
select
    runs.number as family,
    s.place,
    s.warehouse,
    s.query_type,
    if(s.place in (10, 11), null, format(
        '{{"t":"{}","c":"{}","r":"{}","s":"{}"{}}}',
        runs.code, runs.connection_code, runs.run_code, s.step,
        if(s.model = '', '', ',"n":"' || s.model || '"')
    )) as said,
    'MERCURIOS_WORKER' as user_name,
    if(s.step = 'extract', 'MERCURIOS_LOADER', 'MERCURIOS_TRANSFORMER') as role_name,
    'MERCURIOS_DATA' as database_name,
    runs.prefix || '_' || s.layer as schema_name,
    runs.start_ms as family_ms,
    runs.number * 12 + s.place as number,
    s.usual_ms
from runs
cross join truth.statements as s
where s.place < 9 or runs.has_call;

insert into asked
select
    -1 - range, 0,
    case when chance('desk', range) < 0.7 then 5 else 4 end,
    case when chance('kind', range) < 0.9 then 'SELECT' else 'INSERT' end,
    null::varchar,
    ['BI_ANNA', 'BI_OMAR', 'SUPPORT_EVE'][1 + (hash(range, 'who') % 3)::integer],
    'ANALYSTS', 'REPORTING', 'PUBLIC',
    getvariable('begin_ms') + (range % getvariable('days')) * 86400000
    + ((7 + chance('office', range) * 11) * 3600000)::bigint,
    -1 - range,
    5000
from range(getvariable('peoples'));

insert into asked
select
    -100000001 - range, 0,
    case when chance('metadata', range) < 0.5 then null else 3 end,
    case when chance('metadata', range) < 0.5 then 'SHOW' else 'SELECT' end,
    '{"s":"' || if(chance('own', range) < 0.5, 'costs', 'provision') || '"}',
    'MERCURIOS_PROVISIONER', 'MERCURIOS_ADMIN', 'MERCURIOS_DATA', 'ADMIN',
    getvariable('begin_ms') + (range % getvariable('days')) * 86400000
    + (chance('own hour', range) * 86400000)::bigint,
    -100000001 - range,
    800
from range(getvariable('own'));

create temp table timed as
with lengths as (
    select
        *,
        if(query_type = 'CALL', 0,
            least(1800000, greatest(5, usual_ms * exp(bell('length', number))))::bigint) as execution_ms,
        (20 + chance('compile', number) * 200)::bigint as compilation_ms,
        if(chance('starting', number) < 0.01, 600, 0)::bigint as provisioning_ms,
        if(chance('waiting', number) < 0.02, chance('wait', number) * 3000, 0)::bigint as overload_ms
    from asked
)
select
    *,
    family_ms + 300 * place + coalesce(sum(
        execution_ms + compilation_ms + provisioning_ms + overload_ms
    ) over (
        partition by family order by place rows between unbounded preceding and 1 preceding
    ), 0)::bigint as start_ms
from lengths;

-- A CALL lasts as long as its children; nothing lies beyond the world's end, not even the sleep.
create table truth.queries as
with ended as (
    select
        *,
        start_ms + provisioning_ms + overload_ms + compilation_ms as execution_start_ms,
        if(query_type = 'CALL',
            start_ms + 1000 + sum(execution_ms + compilation_ms + provisioning_ms + overload_ms)
                filter (where place >= 9) over (partition by family),
            start_ms + provisioning_ms + overload_ms + compilation_ms + execution_ms
        )::bigint as end_ms
    from timed
),

whole as (
    select *
    from ended
    qualify max(end_ms) over (partition by family) + 700000 < getvariable('end_ms')
)

select
    number,
    code('query', number) as query_id,
    if(place in (10, 11) and database_name = 'MERCURIOS_DATA' and user_name = 'MERCURIOS_WORKER',
        code('query', number - place + 9), null) as root_query_id,
    case
        when user_name in ('MERCURIOS_WORKER', 'MERCURIOS_PROVISIONER') then said
        else [null, '', 'dbt:nightly', '{"team":"bi"}', '{broken', '[1]']
            [1 + (hash(number, 'tag') % 6)::integer]
    end as query_tag,
    query_type,
    md5(query_type || schema_name || place) as query_hash,
    user_name, role_name, database_name, schema_name, warehouse,
    start_ms, execution_start_ms, end_ms,
    end_ms - execution_start_ms as execution_ms,
    compilation_ms, provisioning_ms, overload_ms,
    query_type = 'CALL' as is_call
from whole
order by start_ms;

drop table runs;
drop table asked;
drop table timed;
