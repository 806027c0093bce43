-- How a Salesforce contact becomes a contact of ours.

{{ mapping_of('salesforce') }}

select
    {{ origin() }},

    id as contact_id,
    account_id as company_id,
    cast(null as varchar) as company_name,
    first_name,
    last_name,
    title,
    cast(null as varchar) as relationship,
    cast(null as varchar) as contact_type,
    department,
    cast(null as boolean) as is_inactive,
    last_modified_by_id as changed_by,

    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_salesforce__contacts') }}
