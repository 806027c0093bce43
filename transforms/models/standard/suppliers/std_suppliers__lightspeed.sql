-- How a Lightspeed supplier becomes a supplier of ours.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as supplier_id,

    name as supplier_name,

    deleted_at is null as is_active,
    deleted_at is not null as is_deleted,

    {{ absent('std_suppliers', ['country_id', 'payment_option_id', 'city', 'currency', 'is_edi_partner']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__suppliers') }}
