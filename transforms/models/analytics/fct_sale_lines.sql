{{ config(
    cluster_by=['tenant_id', 'business_date'],
    post_hook="{{ no_reclustering() }}",
) }}

-- Sale lines that count, with what a till leaves unsaid: currency, tax, UTC time, names.

with

lines as (

    select * from {{ ref('std_sale_lines') }}
    where
        is_current
        and not is_deleted

),

products as (

    select * from {{ ref('dim_products') }}

),

shops as (

    select * from {{ ref('dim_shops') }}

),

tenants as (

    select * from {{ ref('std_tenants') }}

),

tax_rates as (

    select * from {{ ref('tax_rates') }}

),

described as (

    select
        lines.sale_line_key,
        lines.tenant_id,
        lines.connection_id,
        lines.sale_key,
        lines.sale_line_id,
        lines.sale_id,
        coalesce(lines.product_id, 'Unknown') as product_id,
        coalesce(lines.shop_id, 'Unknown') as shop_id,
        lines.customer_id,
        lines.register_id,

        coalesce(products.product_name, lines.line_name, lines.product_id, 'Unknown') as product_name,
        coalesce(products.product_category, 'Unknown') as product_category,

        lines.business_date,
        coalesce(
            lines.sold_at,
            {{ local_to_utc(
                seconds_after('lines.business_date', 'lines.seconds_of_day'),
                'tenants.time_zone'
            ) }}
        ) as sold_at,

        lines.quantity,
        coalesce(lines.currency, tenants.currency) as currency,
        lines.amount as gross_amount,
        lines.tax_amount,
        case when lines.tax_amount is null then cast(tax_rates.rate_percent * 100 as bigint) end as rate,
        coalesce(lines.discount_amount, 0) as discount_amount,
        coalesce(lines.cost_amount, 0) as cost_amount,

        lines.quantity < 0 as is_return
    from lines
    left join tenants
        on lines.tenant_id = tenants.tenant_id
    left join products
        on lines.tenant_id = products.tenant_id
        and lines.connection_id = products.connection_id
        and lines.product_id = products.product_id
    left join shops
        on lines.tenant_id = shops.tenant_id
        and lines.connection_id = shops.connection_id
        and lines.shop_id = shops.shop_id
    left join tax_rates
        on coalesce(shops.country, tenants.country) = tax_rates.country
        and coalesce(products.tax_class, '1') = tax_rates.tax_class
        and lines.business_date >= tax_rates.valid_from
        and (lines.business_date < tax_rates.valid_to or tax_rates.valid_to is null)

),

taxed as (

    select
        *,
        -- What the source says of the tax of a line goes before what follows from a rate.
        cast(
            coalesce(gross_amount - tax_amount, {{ net_amount('gross_amount', 'rate') }}) as decimal(18, 2)
        ) as net_amount
    from described

),

measured as (

    select
        sale_line_key,
        tenant_id,
        connection_id,
        sale_key,
        sale_line_id,
        sale_id,
        product_id,
        shop_id,
        customer_id,
        register_id,

        product_name,
        product_category,

        business_date,
        sold_at,

        quantity,
        currency,
        gross_amount,
        net_amount,
        cast(gross_amount - net_amount as decimal(18, 2)) as tax_amount,
        cast(discount_amount as decimal(18, 2)) as discount_amount,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cast(net_amount - cost_amount as decimal(18, 2)) as gross_profit,
        cast(rate * 0.01 as decimal(5, 2)) as tax_rate_percent,

        is_return
    from taxed

)

select * from measured
