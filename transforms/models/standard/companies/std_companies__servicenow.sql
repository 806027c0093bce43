-- How a ServiceNow company becomes a company of ours.

{{ mapping_of('servicenow') }}

select
    {{ origin() }},

    sys_id as company_id,
    name as company_name,
    stock_symbol as company_identifier,
    case
        when customer then 'Customer'
        when vendor then 'Vendor'
        when manufacturer then 'Manufacturer'
    end as company_type,
    street as address_line1,
    city,
    state_name as state,
    zip as zip_code,
    country,
    sys_updated_by as changed_by,

    false as is_deleted,

    {{ absent('std_companies', ['company_status', 'address_line2', 'territory_id', 'territory_name']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__companies') }}
