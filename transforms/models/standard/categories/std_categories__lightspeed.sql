-- How a type of products becomes a category of ours. Taxes are not of types there: each line says its own.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as category_id,
    cast(null as varchar) as department_id,
    cast(null as varchar) as main_category_id,
    cast(null as varchar) as general_category_id,

    name as category_name,
    cast(null as varchar) as tax_class,

    cast(null as boolean) as is_service,
    deleted_at is not null as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__product_types') }}
