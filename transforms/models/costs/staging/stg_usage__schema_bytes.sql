-- What the tables of each schema of ours hold, as it was when it was read.

with

source as (

    select * from {{ source('usage', 'table_storage_metrics') }}

),

summed as (

    select
        read_on,
        table_schema as schema_name,
        sum(
            cast(coalesce(active_bytes, 0) as hugeint)
            + coalesce(time_travel_bytes, 0)
            + coalesce(failsafe_bytes, 0)
            + coalesce(retained_for_clone_bytes, 0)
        ) as bytes
    from source
    where table_catalog = '{{ our_database() }}'
    group by read_on, table_schema

)

select * from summed
