-- How a Square vendor becomes a supplier of ours.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as supplier_id,

    name as supplier_name,

    status = 'ACTIVE' as is_active,
    false as is_deleted,

    {{ absent('std_suppliers', ['country_id', 'payment_option_id', 'city', 'currency', 'is_edi_partner']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_square__vendors') }}
