{{ config(tags=['integrity']) }}
{#- Horizontal: days, products and shops add up to the same revenue, tenant by tenant and currency by currency. -#}

with

revenues as (

    select
        tenant_id,
        currency,
        'daily_sales_summary' as view_name,
        sum(total_amount) as gross,
        sum(net_amount) as net,
        sum(gross_profit) as profit
    from {{ ref('daily_sales_summary') }}
    group by tenant_id, currency

    union all

    select
        tenant_id,
        currency,
        'product_performance' as view_name,
        sum(total_revenue) as gross,
        sum(net_revenue) as net,
        sum(gross_profit) as profit
    from {{ ref('product_performance') }}
    group by tenant_id, currency

    union all

    select
        tenant_id,
        currency,
        'shop_performance' as view_name,
        sum(total_revenue) as gross,
        sum(net_revenue) as net,
        sum(gross_profit) as profit
    from {{ ref('shop_performance') }}
    group by tenant_id, currency

    union all

    select
        tenant_id,
        currency,
        'fct_sales' as view_name,
        sum(gross_amount) as gross,
        sum(net_amount) as net,
        sum(net_amount - cost_amount) as profit
    from {{ ref('fct_sales') }}
    group by tenant_id, currency

)

select
    tenant_id,
    currency,
    min(gross) as lowest_gross,
    max(gross) as highest_gross,
    min(net) as lowest_net,
    max(net) as highest_net
from revenues
group by tenant_id, currency
having
    count(*) <> 4
    or min(gross) <> max(gross)
    or min(net) <> max(net)
    or min(profit) <> max(profit)
