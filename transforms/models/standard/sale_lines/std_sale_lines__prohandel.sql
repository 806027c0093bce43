-- How a ProHandel sale becomes a sale line of ours. The source has no receipts: each line repeats its receipt.

{{ config(enabled=is_used('prohandel')) }}

with

sales as (

    select * from {{ ref('stg_prohandel__sales') }}

),

mapped as (

    select
        tenant_id,
        connection_id,
        record_key,

        coalesce(id, record_key) as sale_line_id,
        concat(
            coalesce(branch_number, '0'), '|',
            coalesce(cash_register_number, '0'), '|',
            coalesce(receipt_number, '0'), '|',
            coalesce(cast(date as varchar), '')
        ) as sale_id,
        receipt_position as line_number,
        article_number as product_id,
        article_size_number as product_size_id,
        branch_number as shop_id,
        cash_register_number as register_id,
        receipt_number,
        customer_number as customer_id,
        staff_number as staff_id,
        cashier_number as cashier_id,
        payment_option_number as payment_option_id,

        date as business_date,
        time as seconds_of_day,
        cast(null as timestamp) as sold_at,
        type as line_type,
        cast(null as varchar) as line_name,

        quantity,

        sale_price as amount,
        cast(null as decimal(18, 2)) as tax_amount,
        label_price,
        cast(
            coalesce(discount, 0) + coalesce(deduction, 0) + coalesce(staff_discount, 0)
            as decimal(18, 2)
        ) as discount_amount,
        purchase_price as cost_amount,
        upper(currency_number) as currency,

        coalesce(is_deleted, false) as is_deleted,

        extensions,
        unreadable_fields,

        changed_at,
        content_hash,
        batch_id,
        extracted_at,
        landed_at
    from sales

)

select * from mapped
