-- How a ServiceNow time card becomes a time entry of ours: one for a week, which it begins with.

{{ mapping_of('servicenow') }}

select
    {{ origin() }},

    sys_id as time_entry_id,
    task_id as charge_to_id,
    case when task_id is not null then 'task' end as charge_to_type,
    user_id as member_id,
    user_name as member_name,
    category as work_type_id,
    category_name as work_type_name,
    cast(week_starts_on as timestamp) as started_at,
    total as actual_hours,
    sys_created_on as entered_at,
    sys_created_by as entered_by,
    sys_updated_by as changed_by,

    false as is_deleted,

    {{ absent('std_time_entries', [
        'company_id', 'company_name', 'location_id', 'business_unit_id', 'work_role_id', 'work_role_name',
        'agreement_id', 'agreement_name', 'ended_at', 'deducted_hours', 'billable_option', 'notes',
        'internal_notes',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__time_cards') }}
