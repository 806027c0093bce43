-- How an account or an organisational contact of a Microsoft 365 directory becomes a contact of ours.

{{ mapping_of('microsoft365') }}

select
    {{ origin() }},

    id as contact_id,
    cast(null as varchar) as company_id,
    company_name,
    given_name as first_name,
    surname as last_name,
    job_title as title,
    cast(null as varchar) as relationship,
    user_type as contact_type,
    department,
    not account_enabled as is_inactive,
    cast(null as varchar) as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_microsoft365__users') }}

union all

select
    {{ origin() }},

    id as contact_id,
    cast(null as varchar) as company_id,
    company_name,
    given_name as first_name,
    surname as last_name,
    job_title as title,
    cast(null as varchar) as relationship,
    'OrganisationalContact' as contact_type,
    department,
    cast(null as boolean) as is_inactive,
    cast(null as varchar) as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_microsoft365__contacts') }}
