-- How a WooCommerce category becomes a category of ours. Tax is said on each line, not here.

{{ mapping_of('woocommerce') }}

select
    {{ origin() }},

    id as category_id,
    parent_id as main_category_id,

    replace(name, '&amp;', '&') as category_name,

    false as is_deleted,

    {{ absent('std_categories', ['department_id', 'general_category_id', 'tax_class', 'is_service']) }},

    extensions,
    unreadable_fields
from {{ ref('stg_woocommerce__categories') }}
