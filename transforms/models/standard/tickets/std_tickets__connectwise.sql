-- How a ConnectWise ticket becomes a ticket of ours.

{{ mapping_of('connectwise') }}

select
    {{ origin() }},

    id as ticket_id,
    id as ticket_number,
    summary,
    initial_description as description,
    status_name as status,
    priority_name as priority,
    severity,
    impact,
    cast(null as varchar) as urgency,
    company_id,
    company_name,
    contact_id,
    coalesce(contact_name, contact_name_typed) as contact_name,
    board_id,
    board_name,
    type_id,
    type_name,
    sub_type_id as subtype_id,
    sub_type_name as subtype_name,
    item_id,
    item_name,
    team_id,
    team_name,
    owner_id,
    owner_name,
    coalesce(info_entered_by, entered_by) as created_by,
    coalesce(info_date_entered, date_entered) as created_at,
    required_date as required_at,
    budget_hours,
    actual_hours,
    approved as is_approved,
    coalesce(closed_flag, closed_date is not null) as is_closed,
    closed_date as closed_at,
    closed_by,
    info_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_connectwise__tickets') }}
