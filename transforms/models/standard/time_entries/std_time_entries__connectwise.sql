-- How a ConnectWise time entry becomes a time entry of ours.

{{ mapping_of('connectwise') }}

select
    {{ origin() }},

    id as time_entry_id,
    company_id,
    company_name,
    charge_to_id,
    charge_to_type,
    member_id,
    member_name,
    location_id,
    business_unit_id,
    work_type_id,
    work_type_name,
    work_role_id,
    work_role_name,
    agreement_id,
    agreement_name,
    time_start as started_at,
    time_end as ended_at,
    hours_deduct as deducted_hours,
    actual_hours,
    billable_option,
    notes,
    internal_notes,
    date_entered as entered_at,
    entered_by,
    info_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_connectwise__time_entries') }}
