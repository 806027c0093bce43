with

lines as (

    select * from {{ ref('fct_sale_lines') }}
    where customer_id is not null

),

customers as (

    select * from {{ ref('dim_customers') }}

),

tenants as (

    select * from {{ ref('dim_tenants') }}

),

summed as (

    select
        tenant_id,
        connection_id,
        customer_id,
        currency,
        count(distinct case when quantity > 0 then sale_key end) as total_orders,
        cast(sum(gross_amount) as decimal(18, 2)) as total_spent,
        min(case when quantity > 0 then business_date end) as first_purchase_date,
        max(case when quantity > 0 then business_date end) as last_purchase_date
    from lines
    group by tenant_id, connection_id, customer_id, currency

),

described as (

    select
        summed.tenant_id,
        summed.customer_id,
        summed.currency,

        summed.total_orders,
        summed.total_spent,
        summed.first_purchase_date,
        summed.last_purchase_date,
        cast(summed.last_purchase_date - summed.first_purchase_date as bigint) as customer_lifetime_days,
        {{ quotient('summed.total_spent', 'summed.total_orders', digits=2) }} as average_order_value,
        cast(tenants.report_date - summed.last_purchase_date as bigint) as days_since_last_purchase,

        coalesce(customers.is_staff, false) as is_staff,
        coalesce(customers.is_deleted, false) as is_deleted
    from summed
    left join customers
        on summed.tenant_id = customers.tenant_id
        and summed.connection_id = customers.connection_id
        and summed.customer_id = customers.customer_id
    left join tenants
        on summed.tenant_id = tenants.tenant_id

)

select * from described
