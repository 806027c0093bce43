with

lines as (

    select * from {{ ref('fct_sale_lines') }}

),

shops as (

    select * from {{ ref('dim_shops') }}

),

tenants as (

    select * from {{ ref('dim_tenants') }}

),

summed as (

    select
        tenant_id,
        connection_id,
        shop_id,
        currency,

        count(distinct case when quantity > 0 then sale_key end) as total_sales,
        cast(sum(quantity) as decimal(18, 3)) as total_items_sold,
        cast(sum(gross_amount) as decimal(18, 2)) as total_revenue,
        cast(sum(net_amount) as decimal(18, 2)) as net_revenue,
        cast(sum(gross_profit) as decimal(18, 2)) as gross_profit,
        count(distinct customer_id) as unique_customers,
        cast(sum(case when is_return then -gross_amount else 0 end) as decimal(18, 2)) as returned_amount,
        min(case when quantity > 0 then business_date end) as first_sale_date,
        max(case when quantity > 0 then business_date end) as last_sale_date
    from lines
    group by tenant_id, connection_id, shop_id, currency

),

described as (

    select
        summed.tenant_id,
        summed.shop_id,
        coalesce(shops.shop_name, summed.shop_id) as shop_name,
        shops.city,
        coalesce(shops.country, tenants.country) as country,
        summed.currency,

        summed.total_sales,
        summed.total_items_sold,
        summed.total_revenue,
        summed.net_revenue,
        summed.gross_profit,
        {{ quotient('summed.total_revenue', 'summed.total_sales', digits=2) }} as avg_sale_value,
        summed.unique_customers,
        summed.returned_amount,
        summed.first_sale_date,
        summed.last_sale_date
    from summed
    left join shops
        on summed.tenant_id = shops.tenant_id
        and summed.connection_id = shops.connection_id
        and summed.shop_id = shops.shop_id
    left join tenants
        on summed.tenant_id = tenants.tenant_id

)

select * from described
