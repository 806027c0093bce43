-- How a ConnectWise company becomes a company of ours.

{{ mapping_of('connectwise') }}

select
    {{ origin() }},

    id as company_id,
    name as company_name,
    identifier as company_identifier,
    type_name as company_type,
    status_name as company_status,
    address_line1,
    address_line2,
    city,
    state,
    zip as zip_code,
    country_name as country,
    territory_id,
    territory_name,
    info_updated_by as changed_by,

    coalesce(deleted_flag, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_connectwise__companies') }}
