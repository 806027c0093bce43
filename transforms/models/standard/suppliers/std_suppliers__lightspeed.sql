-- How a Lightspeed supplier becomes a supplier of ours.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as supplier_id,
    cast(null as varchar) as country_id,
    cast(null as varchar) as payment_option_id,

    name as supplier_name,
    cast(null as varchar) as city,
    cast(null as varchar) as currency,

    deleted_at is null as is_active,
    cast(null as boolean) as is_edi_partner,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__suppliers') }}
