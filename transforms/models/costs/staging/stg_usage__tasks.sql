-- What tasks without a warehouse used, and in which schema they are.

with

source as (

    select * from {{ source('usage', 'serverless_task_history') }}

),

typed as (

    select
        cast(start_time as date) as day,
        database_name,
        schema_name,
        {{ nanos('credits_used') }} as nanos
    from source

)

select * from typed
