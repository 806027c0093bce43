-- How a ServiceNow user becomes a contact of ours.

{{ mapping_of('servicenow') }}

select
    {{ origin() }},

    sys_id as contact_id,
    company_id,
    company_name,
    first_name,
    last_name,
    title,
    cast(null as varchar) as relationship,
    cast(null as varchar) as contact_type,
    department_name as department,
    not active as is_inactive,
    sys_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__users') }}
