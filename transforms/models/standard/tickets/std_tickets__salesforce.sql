-- How a Salesforce case becomes a ticket of ours.

{{ mapping_of('salesforce') }}

select
    {{ origin() }},

    id as ticket_id,
    case_number as ticket_number,
    subject as summary,
    description,
    status,
    priority,
    cast(null as varchar) as severity,
    cast(null as varchar) as impact,
    cast(null as varchar) as urgency,
    account_id as company_id,
    cast(null as varchar) as company_name,
    contact_id,
    cast(null as varchar) as contact_name,
    cast(null as varchar) as board_id,
    cast(null as varchar) as board_name,
    type as type_id,
    type as type_name,
    reason as subtype_id,
    reason as subtype_name,
    cast(null as varchar) as item_id,
    cast(null as varchar) as item_name,
    cast(null as varchar) as team_id,
    cast(null as varchar) as team_name,
    owner_id,
    cast(null as varchar) as owner_name,
    created_by_id as created_by,
    created_date as created_at,
    cast(null as timestamp) as required_at,
    cast(null as decimal(12, 4)) as budget_hours,
    cast(null as decimal(12, 4)) as actual_hours,
    cast(null as boolean) as is_approved,
    is_closed,
    closed_date as closed_at,
    cast(null as varchar) as closed_by,
    last_modified_by_id as changed_by,

    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_salesforce__cases') }}
