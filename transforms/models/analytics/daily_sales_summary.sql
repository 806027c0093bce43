with

lines as (

    select * from {{ ref('fct_sale_lines') }}

),

summed as (

    select
        tenant_id,
        business_date as sale_date,
        product_category,
        currency,

        cast(sum(quantity) as decimal(18, 3)) as total_quantity,
        cast(sum(gross_amount) as decimal(18, 2)) as total_amount,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        cast(sum(tax_amount) as decimal(18, 2)) as tax_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        cast(sum(gross_profit) as decimal(18, 2)) as gross_profit,
        cast(sum(case when is_return then -quantity else 0 end) as decimal(18, 3)) as returned_quantity,
        cast(sum(case when is_return then -gross_amount else 0 end) as decimal(18, 2)) as returned_amount,

        count(distinct sale_key) as order_count,
        count(distinct case when customer_id is not null then connection_id || '|' || customer_id end) as customer_count
    from lines
    group by tenant_id, business_date, product_category, currency

)

select * from summed
