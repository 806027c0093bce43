-- Customers as they are now.

with

customers as (

    {{ latest_of(ref('std_customers'), id='customer_id', key='customer_key') }}

),

known as (

    select
        customer_key,
        tenant_id,
        connection_id,
        customer_id,

        creation_date,
        is_staff,
        is_deleted
    from customers

)

select * from known
