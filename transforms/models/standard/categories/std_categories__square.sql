-- How a Square category becomes a category of ours. Taxes are not of categories there: each line says its own.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as category_id,
    cast(null as varchar) as department_id,
    parent_id as main_category_id,
    root_id as general_category_id,

    name as category_name,
    cast(null as varchar) as tax_class,

    cast(null as boolean) as is_service,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_square__categories') }}
