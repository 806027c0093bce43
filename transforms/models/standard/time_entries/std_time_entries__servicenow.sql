-- How a ServiceNow time card becomes a time entry of ours: one for a week, which it begins with.

{{ mapping_of('servicenow') }}

select
    {{ origin() }},

    sys_id as time_entry_id,
    cast(null as varchar) as company_id,
    cast(null as varchar) as company_name,
    task_id as charge_to_id,
    case when task_id is not null then 'task' end as charge_to_type,
    user_id as member_id,
    user_name as member_name,
    cast(null as varchar) as location_id,
    cast(null as varchar) as business_unit_id,
    category as work_type_id,
    category_name as work_type_name,
    cast(null as varchar) as work_role_id,
    cast(null as varchar) as work_role_name,
    cast(null as varchar) as agreement_id,
    cast(null as varchar) as agreement_name,
    cast(week_starts_on as timestamp) as started_at,
    cast(null as timestamp) as ended_at,
    cast(null as decimal(12, 4)) as deducted_hours,
    total as actual_hours,
    cast(null as varchar) as billable_option,
    cast(null as varchar) as notes,
    cast(null as varchar) as internal_notes,
    sys_created_on as entered_at,
    sys_created_by as entered_by,
    sys_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__time_cards') }}
