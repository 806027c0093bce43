-- How a Square category becomes a category of ours. Taxes are not of categories there: each line says its own.

{{ mapping_of('square') }}

select
    {{ origin() }},

    id as category_id,
    parent_id as main_category_id,
    root_id as general_category_id,

    name as category_name,

    coalesce(is_deleted, false) as is_deleted,

    {{ absent('std_categories', ['department_id', 'tax_class', 'is_service']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_square__categories') }}
