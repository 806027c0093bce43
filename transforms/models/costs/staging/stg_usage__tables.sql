-- In whose schema each table is. A table that moved is where it was seen last.

with

source as (

    select * from {{ source('usage', 'table_storage_metrics') }}

),

latest as (

    select
        id as table_id,
        table_catalog as database_name,
        table_schema as schema_name
    from source
    qualify row_number() over (partition by id order by read_on desc, table_catalog asc, table_schema asc) = 1

)

select * from latest
