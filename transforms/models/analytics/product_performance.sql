with

lines as (

    select * from {{ ref('fct_sale_lines') }}

),

summed as (

    select
        tenant_id,
        connection_id,
        product_id,
        -- Lines of no product, or of one that is not known, are called each as the source likes.
        case when product_id = 'Unknown' then product_id else max(product_name) end as product_name,
        product_category as category,
        currency,

        cast(sum(quantity) as decimal(18, 3)) as total_quantity_sold,
        cast(sum(gross_amount) as decimal(18, 2)) as total_revenue,
        cast(sum(net_amount) as decimal(18, 2)) as net_revenue,
        cast(sum(cost_amount) as decimal(18, 2)) as total_cost,
        cast(sum(gross_profit) as decimal(18, 2)) as gross_profit,
        cast(sum(case when is_return then -quantity else 0 end) as decimal(18, 3)) as returned_quantity,

        count(distinct sale_key) as order_count,
        min(case when quantity > 0 then business_date end) as first_sale_date,
        max(case when quantity > 0 then business_date end) as last_sale_date
    from lines
    group by tenant_id, connection_id, product_id, product_category, currency

),

ranked as (

    select
        tenant_id,
        product_id,
        product_name,
        category,
        currency,

        total_quantity_sold,
        total_revenue,
        net_revenue,
        total_cost,
        gross_profit,
        cast({{ quotient('gross_profit', 'net_revenue', digits=4) }} as decimal(9, 4)) as profit_margin,
        returned_quantity,

        order_count,
        {{ quotient('total_revenue', 'total_quantity_sold', digits=2) }} as average_unit_price,
        row_number() over (
            partition by tenant_id, category, currency
            order by total_revenue desc nulls last, product_id asc, connection_id asc
        ) as revenue_rank_in_category,
        first_sale_date,
        last_sale_date
    from summed

)

select * from ranked
