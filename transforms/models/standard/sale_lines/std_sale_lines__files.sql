-- How a receipt line of a file becomes a sale line of ours. The file's columns are called as ours.

{{ mapping_of('files') }}

select
    {{ origin() }},

    sale_line_id,
    concat(
        coalesce(shop_id, '0'), '|',
        coalesce(register_id, '0'), '|',
        coalesce(receipt_number, '0'), '|',
        coalesce(cast(business_date as varchar), '')
    ) as sale_id,
    line_number,
    product_id,
    product_size_id,
    shop_id,
    register_id,
    receipt_number,
    customer_id,
    staff_id,
    cashier_id,
    payment_option_id,

    business_date,
    {{ seconds_of_day("try_cast('2000-01-01 ' || time_of_day as timestamp)") }} as seconds_of_day,
    cast(null as timestamp) as sold_at,
    line_type,
    line_name,

    quantity,

    amount,
    tax_amount,
    label_price,
    discount_amount,
    cost_amount,
    upper(currency) as currency,

    coalesce(is_deleted, false) as is_deleted,

    extensions,
    unreadable_fields
from {{ ref('stg_files__sale_lines') }}
