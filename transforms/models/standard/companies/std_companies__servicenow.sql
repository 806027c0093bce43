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
    cast(null as varchar) as company_status,
    street as address_line1,
    cast(null as varchar) as address_line2,
    city,
    state_name as state,
    zip as zip_code,
    country,
    cast(null as varchar) as territory_id,
    cast(null as varchar) as territory_name,
    sys_updated_by as changed_by,

    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_servicenow__companies') }}
