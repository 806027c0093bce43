-- How a Salesforce contact becomes a contact of ours.

{{ mapping_of('salesforce') }}

select
    {{ origin() }},

    id as contact_id,
    account_id as company_id,
    first_name,
    last_name,
    title,
    department,
    last_modified_by_id as changed_by,

    coalesce(is_deleted, false) as is_deleted,

    {{ absent('std_contacts', ['company_name', 'relationship', 'contact_type', 'is_inactive']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_salesforce__contacts') }}
