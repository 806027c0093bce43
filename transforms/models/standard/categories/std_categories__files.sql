-- How a category of a file becomes a category of ours.

{{ mapping_of('files') }}

select
    {{ origin() }},

    category_id,
    department_id,
    main_category_id,
    general_category_id,

    category_name,
    tax_class,

    is_service,
    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__categories') }}
