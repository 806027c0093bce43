with

versions as (

    select
        *,
        max(case when not coalesce(is_closed, false) then valid_from end)
            over (partition by tenant_id, ticket_key) as last_open_from
    from {{ ref('std_tickets') }}

),

-- A source may close a ticket without saying when: then it is when it was first seen so.
seen_closed as (

    select
        tenant_id,
        ticket_key,
        min(valid_from) as closed_at
    from versions
    where
        is_closed
        and (last_open_from is null or valid_from > last_open_from)
    group by tenant_id, ticket_key

),

tickets as (

    select *
    from versions
    where
        is_current
        and not is_deleted
        and created_at is not null

),

companies as (

    select * from {{ ref('std_companies') }}
    where company_id is not null
    qualify row_number() over (
        partition by tenant_id, connection_id, company_id
        order by is_deleted asc, changed_at desc, company_key asc
    ) = 1

),

tenants as (

    select * from {{ ref('std_tenants') }}

),

named as (

    select
        tickets.tenant_id,
        tickets.connection_id,
        coalesce(tickets.company_id, 'Unknown') as company_id,
        coalesce(companies.company_name, tickets.company_name, tickets.company_id, 'Unknown') as company_name,
        tickets.created_at,
        case when tickets.is_closed then coalesce(tickets.closed_at, seen_closed.closed_at) end as closed_at,
        tenants.time_zone
    from tickets
    inner join tenants
        on tickets.tenant_id = tenants.tenant_id
    left join seen_closed
        on tickets.tenant_id = seen_closed.tenant_id
        and tickets.ticket_key = seen_closed.ticket_key
    left join companies
        on tickets.tenant_id = companies.tenant_id
        and tickets.connection_id = companies.connection_id
        and tickets.company_id = companies.company_id

),

moved as (

    select
        tenant_id,
        connection_id,
        company_id,
        company_name,
        cast({{ utc_to_local('created_at', 'time_zone') }} as date) as ticket_date,
        1 as opened,
        0 as closed
    from named

    union all

    select
        tenant_id,
        connection_id,
        company_id,
        company_name,
        cast({{ utc_to_local('closed_at', 'time_zone') }} as date) as ticket_date,
        0 as opened,
        1 as closed
    from named
    where closed_at is not null

),

summed as (

    select
        tenant_id,
        connection_id,
        company_id,
        ticket_date,
        max(company_name) as company_name,
        cast(sum(opened) as bigint) as opened_count,
        cast(sum(closed) as bigint) as closed_count
    from moved
    group by tenant_id, connection_id, company_id, ticket_date

),

counted as (

    select
        tenant_id,
        connection_id,
        ticket_date,
        company_id,
        company_name,
        opened_count,
        closed_count,
        cast(sum(opened_count - closed_count) over (
            partition by tenant_id, connection_id, company_id
            order by ticket_date
            rows between unbounded preceding and current row
        ) as bigint) as open_count
    from summed

)

select * from counted
