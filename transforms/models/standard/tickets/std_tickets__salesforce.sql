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
    account_id as company_id,
    contact_id,
    type as type_id,
    type as type_name,
    reason as subtype_id,
    reason as subtype_name,
    owner_id,
    created_by_id as created_by,
    created_date as created_at,
    is_closed,
    closed_date as closed_at,
    last_modified_by_id as changed_by,

    coalesce(is_deleted, false) as is_deleted,

    {{ absent('std_tickets', [
        'severity', 'impact', 'urgency', 'company_name', 'contact_name', 'board_id', 'board_name', 'item_id',
        'item_name', 'team_id', 'team_name', 'owner_name', 'required_at', 'budget_hours', 'actual_hours',
        'is_approved', 'closed_by',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_salesforce__cases') }}
