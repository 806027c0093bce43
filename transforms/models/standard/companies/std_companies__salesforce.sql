-- How a Salesforce account becomes a company of ours.

{{ mapping_of('salesforce') }}

select
    {{ origin() }},

    id as company_id,
    name as company_name,
    account_number as company_identifier,
    type as company_type,
    billing_street as address_line1,
    billing_city as city,
    billing_state as state,
    billing_postal_code as zip_code,
    billing_country as country,
    last_modified_by_id as changed_by,

    coalesce(is_deleted, false) as is_deleted,

    {{ absent('std_companies', ['company_status', 'address_line2', 'territory_id', 'territory_name']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_salesforce__accounts') }}
