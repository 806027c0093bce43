{{ config(
    cluster_by=['tenant_id', 'business_date'],
    post_hook="{{ no_reclustering() }}",
) }}

-- Receipts that count, with their totals.

with

lines as (

    select * from {{ ref('fct_sale_lines') }}

),

receipts as (

    select * from {{ ref('std_sales') }}
    where is_current

),

-- Columns are qualified where a sum has the name of what it sums: Snowflake could take one for the other.
totals as (

    select
        lines.tenant_id,
        lines.sale_key,
        lines.currency,
        min(lines.sold_at) as sold_at,
        count(*) as line_count,
        sum(lines.quantity) as quantity,
        sum(lines.gross_amount) as gross_amount,
        sum(lines.net_amount) as net_amount,
        sum(lines.tax_amount) as tax_amount,
        sum(lines.discount_amount) as discount_amount,
        sum(lines.cost_amount) as cost_amount,
        max(lines.quantity) > 0 as is_purchase
    from lines
    group by lines.tenant_id, lines.sale_key, lines.currency

),

described as (

    select
        receipts.sale_key,
        receipts.tenant_id,
        receipts.connection_id,
        receipts.sale_id,
        receipts.shop_id,
        receipts.register_id,
        receipts.receipt_number,
        receipts.customer_id,

        receipts.business_date,
        totals.sold_at,

        totals.line_count,
        cast(totals.quantity as decimal(18, 3)) as quantity,
        totals.currency,
        cast(totals.gross_amount as decimal(18, 2)) as gross_amount,
        cast(totals.net_amount as decimal(18, 2)) as net_amount,
        cast(totals.tax_amount as decimal(18, 2)) as tax_amount,
        cast(totals.discount_amount as decimal(18, 2)) as discount_amount,
        cast(totals.cost_amount as decimal(18, 2)) as cost_amount,

        totals.is_purchase
    from receipts
    inner join totals
        on receipts.tenant_id = totals.tenant_id
        and receipts.sale_key = totals.sale_key

)

select * from described
