with

tenants as (

    select * from {{ ref('dim_tenants') }}

),

-- Days before the report date: 0 is the report date itself.
lines as (

    select
        lines.*,
        tenants.report_date - lines.business_date as days_ago,
        case
            when lines.customer_id is not null then lines.connection_id || '|' || lines.customer_id
        end as shopper
    from {{ ref('fct_sale_lines') }} as lines
    inner join tenants
        on lines.tenant_id = tenants.tenant_id

),

summed as (

    select
        {% for days in [7, 30] %}
            {% for period, first_day in [('', 0), ('previous_', days)] %}
                cast(coalesce(sum(
                    case when days_ago between {{ first_day }} and {{ first_day + days - 1 }} then gross_amount end
                ), 0) as decimal(18, 2)) as sales_{{ period }}{{ days }}d,
            {% endfor %}
        {% endfor %}
        {% for period, first_day in [('', 0), ('previous_', 30)] %}
            count(distinct case
                when days_ago between {{ first_day }} and {{ first_day + 29 }} and quantity > 0 then sale_key
            end) as orders_{{ period }}30d,
            count(distinct case
                when days_ago between {{ first_day }} and {{ first_day + 29 }} then shopper
            end) as active_customers_{{ period }}30d,
            cast(coalesce(sum(
                case when days_ago between {{ first_day }} and {{ first_day + 29 }} then gross_profit end
            ), 0) as decimal(18, 2)) as gross_profit_{{ period }}30d,
        {% endfor %}
        tenant_id,
        currency
    from lines
    group by tenant_id, currency

),

recent_products as (

    select
        tenant_id,
        connection_id,
        currency,
        product_id,
        case when product_id = 'Unknown' then product_id else max(product_name) end as product_name,
        sum(gross_amount) as revenue
    from lines
    where days_ago between 0 and 29
    group by tenant_id, connection_id, currency, product_id

),

top_products as (

    select *
    from recent_products
    qualify row_number() over (
        partition by tenant_id, currency
        order by revenue desc nulls last, product_id asc, connection_id asc
    ) <= 5

),

listed as (

    select
        tenant_id,
        currency,
        {{ json_list(
            {
                'product_id': 'product_id',
                'product_name': 'product_name',
                'revenue': 'cast(cast(revenue as decimal(18, 2)) as varchar)',
            },
            order_by='revenue desc nulls last, product_id asc, connection_id asc'
        ) }} as top_performing_products
    from top_products
    group by tenant_id, currency

),

short_of_stock as (

    select
        tenant_id,
        count(*) as products_to_reorder
    from {{ ref('inventory_status') }}
    where stock_status = 'REORDER'
    group by tenant_id

),

compared as (

    select
        tenants.report_date,
        summed.tenant_id,
        summed.currency,

        summed.sales_7d,
        summed.sales_previous_7d,
        summed.sales_30d,
        summed.sales_previous_30d,
        summed.orders_30d,
        summed.orders_previous_30d,
        {{ quotient('summed.sales_30d', 'summed.orders_30d', digits=2) }} as average_order_value_30d,
        {{ quotient('summed.sales_previous_30d', 'summed.orders_previous_30d', digits=2) }}
            as average_order_value_previous_30d,
        summed.active_customers_30d,
        summed.active_customers_previous_30d,
        summed.gross_profit_30d,
        summed.gross_profit_previous_30d,
        coalesce(short_of_stock.products_to_reorder, 0) as products_to_reorder,
        coalesce(listed.top_performing_products, '[]') as top_performing_products
    from summed
    inner join tenants
        on summed.tenant_id = tenants.tenant_id
    left join listed
        on summed.tenant_id = listed.tenant_id
        and summed.currency = listed.currency
    left join short_of_stock
        on summed.tenant_id = short_of_stock.tenant_id

)

select * from compared
