-- How a receipt line of a file becomes a sale line of ours. The file's columns are called as ours.

{{ mapping_of('files') }}

with

lines as (

    select
        *,
        try_cast('2000-01-01 ' || time_of_day as timestamp) as sold_locally_at
    from {{ ref('stg_files__sale_lines') }}

)

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
    {{ seconds_of_day('sold_locally_at') }} as seconds_of_day,
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
    {{ joined_texts([
        'unreadable_fields',
        "case when time_of_day is not null and sold_locally_at is null then 'time' end",
    ], separator=',') }} as unreadable_fields
from lines
