-- How a ServiceNow incident becomes a ticket of ours.

{{ mapping_of('servicenow') }}

select
    {{ origin() }},

    sys_id as ticket_id,
    incident_number as ticket_number,
    short_description as summary,
    description,
    state_name as status,
    priority_name as priority,
    severity_name as severity,
    impact_name as impact,
    urgency_name as urgency,
    company_id,
    company_name,
    caller_id as contact_id,
    caller_name as contact_name,
    category as type_id,
    category_name as type_name,
    subcategory as subtype_id,
    subcategory_name as subtype_name,
    assignment_group_id as team_id,
    assignment_group_name as team_name,
    assigned_to_id as owner_id,
    assigned_to_name as owner_name,
    sys_created_by as created_by,
    coalesce(opened_at, sys_created_on) as created_at,
    due_date as required_at,
    not coalesce(active, closed_at is null) as is_closed,
    closed_at,
    closed_by_id as closed_by,
    sys_updated_by as changed_by,

    false as is_deleted,

    {{ absent('std_tickets', [
        'board_id', 'board_name', 'item_id', 'item_name', 'budget_hours', 'actual_hours', 'is_approved',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__incidents') }}
