-- How a WooCommerce category becomes a category of ours. Tax is said on each line, not here.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    id as category_id,
    cast(null as varchar) as department_id,
    parent_id as main_category_id,
    cast(null as varchar) as general_category_id,

    replace(name, '&amp;', '&') as category_name,
    cast(null as varchar) as tax_class,

    cast(null as boolean) as is_service,
    false as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__categories') }}
