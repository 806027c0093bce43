-- What was measured where no account sends a bill: time, what was read, and what is kept.

with

runs as (

    select
        *,
        cast(finished_at as date) as day
    from {{ source('usage', 'embedded_runs') }}

),

asked_days as (

    select unnest(generate_series(first_day, least(last_day, today), interval 1 day)) as begins_at
    from {{ source('usage', 'asked') }}

),

measurements as (

    select distinct day from {{ source('usage', 'embedded_storage') }}

),

-- A day on which nobody measured has the measurement before it, as nothing is known to have changed; a day
-- with runs before the first one has that.
readings as (

    select
        cast(asked_days.begins_at as date) as day,
        coalesce(
            max(case when measurements.day <= asked_days.begins_at then measurements.day end),
            case when cast(asked_days.begins_at as date) in (select runs.day from runs) then min(measurements.day) end
        ) as read_on
    from asked_days
    cross join measurements
    group by asked_days.begins_at

),

measured as (

    select
        day,
        'COMPUTE' as service_type,
        'CPU_SECOND' as unit,
        'DIRECT' as kind,
        tenant_code,
        connection_code,
        run_code,
        step,
        model,
        cast(round(sum(cpu_seconds) * 1e9) as bigint) as nanos
    from runs
    group by all

    union all

    select
        day,
        'READING' as service_type,
        'GB' as unit,
        'READING' as kind,
        tenant_code,
        connection_code,
        run_code,
        step,
        model,
        -- A byte is a billionth of a GB.
        cast(sum(bytes_read) as bigint) as nanos
    from runs
    group by all

    union all

    select
        readings.day,
        'STORAGE' as service_type,
        'GB_MONTH' as unit,
        'STORAGE' as kind,
        stored.tenant_code,
        '' as connection_code,
        '' as run_code,
        '' as step,
        '' as model,
        cast(round(sum(stored.bytes) / any_value(extract(day from last_day(readings.day)))) as bigint) as nanos
    from readings
    inner join {{ source('usage', 'embedded_storage') }} as stored
        on readings.read_on = stored.day
    group by all

)

select *
from measured
where nanos <> 0
