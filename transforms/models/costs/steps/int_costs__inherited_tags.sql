-- What a stored procedure asks carries the tag of its call, where it has none that is believed.

with

attributions as (

    select * from {{ ref('stg_usage__attributions') }}

),

queries as (

    select * from {{ ref('stg_usage__queries') }}

),

-- It is asked twice, and read once.
children as materialized (

    select
        query_key,
        root_key
    from attributions
    where root_key is not null

),

roots as (

    select
        query_key,
        query_tag
    from queries
    where
        query_key in (select children.root_key from children)
        and query_tag <> ''

)

select
    children.query_key,
    any_value(roots.query_tag) as query_tag
from children
inner join roots
    on children.root_key = roots.query_key
group by children.query_key
