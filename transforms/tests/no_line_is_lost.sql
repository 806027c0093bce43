{{ config(tags=['integrity']) }}
{#- Vertical: every current line that is not deleted is in the daily summary, to the cent and the piece. -#}

with

standard as (

    select
        tenant_id,
        sum(amount) as amount,
        sum(quantity) as quantity
    from {{ ref('std_sale_lines') }}
    where
        is_current
        and not is_deleted
    group by tenant_id

),

summary as (

    select
        tenant_id,
        sum(total_amount) as amount,
        sum(total_quantity) as quantity
    from {{ ref('daily_sales_summary') }}
    group by tenant_id

)

select
    standard.tenant_id,
    standard.amount as standard_amount,
    summary.tenant_id as summary_tenant_id,
    summary.amount as summary_amount
from standard
full join summary
    on standard.tenant_id = summary.tenant_id
where
    standard.amount is distinct from summary.amount
    or standard.quantity is distinct from summary.quantity
