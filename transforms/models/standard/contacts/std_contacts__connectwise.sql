-- How a ConnectWise contact becomes a contact of ours.

{{ mapping_of('connectwise') }}

select
    {{ origin() }},

    id as contact_id,
    company_id,
    company_name,
    first_name,
    last_name,
    title,
    relationship_name as relationship,
    type_name as contact_type,
    department_name as department,
    inactive_flag as is_inactive,
    info_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_connectwise__contacts') }}
