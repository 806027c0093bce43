-- How a type of products becomes a category of ours. Taxes are not of types there: each line says its own.

{{ mapping_of('lightspeed') }}

select
    {{ origin() }},

    id as category_id,

    name as category_name,

    deleted_at is not null as is_deleted,

    {{ absent('std_categories', [
        'department_id', 'main_category_id', 'general_category_id', 'tax_class', 'is_service',
    ]) }},

    extensions,
    unreadable_fields
from {{ ref('stg_lightspeed__product_types') }}
