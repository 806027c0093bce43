{% set days_of_sales = 90 %}
{#- Fourteen days until a supplier delivers, and seven for safety. -#}
{% set days_to_cover = 21 %}
{% set reorder_point_without_sales = 5 %}
{#- What was neither sold nor received for so long is no longer carried. -#}
{% set days_carried = 365 %}

with

tenants as (

    select * from {{ ref('dim_tenants') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

positions as (

    select * from {{ ref('std_product_stock') }}
    where
        is_current
        and not is_deleted
        and product_id is not null

),

valued as (

    select
        positions.tenant_id,
        positions.connection_id,
        positions.product_id,
        positions.quantity_on_hand,
        positions.quantity_on_approval,
        positions.last_purchase_date,
        positions.last_sale_date,
        coalesce(positions.is_never_out_of_stock, false) as is_never_out_of_stock,
        coalesce(positions.currency, products.currency, tenants.currency) as currency,
        positions.quantity_on_hand * coalesce(positions.purchase_price, products.purchase_price) as stock_value
    from positions
    left join products
        on positions.tenant_id = products.tenant_id
        and positions.connection_id = products.connection_id
        and positions.product_id = products.product_id
    left join tenants
        on positions.tenant_id = tenants.tenant_id

),

-- A product that is bought in two currencies has no value: sums are never made across currencies.
stocked as (

    select
        valued.tenant_id,
        valued.connection_id,
        valued.product_id,
        sum(valued.quantity_on_hand) as current_stock_level,
        sum(valued.quantity_on_approval) as quantity_on_approval,
        max(valued.last_purchase_date) as last_restock_date,
        max(valued.last_sale_date) as last_sale_date,
        {{ dbt.bool_or('valued.is_never_out_of_stock') }} as is_never_out_of_stock,
        case when min(valued.currency) = max(valued.currency) then min(valued.currency) end as currency,
        case when min(valued.currency) = max(valued.currency) then sum(valued.stock_value) end as stock_value
    from valued
    group by valued.tenant_id, valued.connection_id, valued.product_id

),

sold as (

    select
        lines.tenant_id,
        lines.connection_id,
        lines.product_id,
        sum(
            case when lines.business_date > tenants.report_date - {{ days_of_sales }} then lines.quantity else 0 end
        ) as quantity,
        max(case when lines.quantity > 0 then lines.business_date end) as last_sale_date
    from {{ ref('fct_sale_lines') }} as lines
    inner join tenants
        on lines.tenant_id = tenants.tenant_id
        and lines.business_date <= tenants.report_date
    group by lines.tenant_id, lines.connection_id, lines.product_id

),

-- `sold_quantity` is what was sold in those days; a product that only came back has not sold.
measured as (

    select
        tenants.report_date as snapshot_date,
        stocked.tenant_id,
        stocked.connection_id,
        stocked.product_id,
        coalesce(products.product_name, stocked.product_id) as product_name,
        coalesce(products.product_category, 'Unknown') as category,
        products.supplier_id,
        products.supplier_name,
        cast(coalesce(stocked.current_stock_level, 0) as decimal(18, 3)) as current_stock_level,
        cast(coalesce(stocked.quantity_on_approval, 0) as decimal(18, 3)) as quantity_on_approval,
        cast(coalesce(sold.quantity, 0) as decimal(18, 3)) as sold_quantity,
        cast(stocked.stock_value as decimal(18, 2)) as stock_value,
        stocked.currency,
        coalesce(stocked.last_restock_date, products.last_purchase_date) as last_restock_date,
        -- The stock record knows of sales from before the history we read.
        coalesce(greatest(sold.last_sale_date, stocked.last_sale_date), sold.last_sale_date, stocked.last_sale_date)
            as last_sale_date,
        stocked.is_never_out_of_stock or coalesce(products.is_never_out_of_stock, false) as is_never_out_of_stock
    from stocked
    left join products
        on stocked.tenant_id = products.tenant_id
        and stocked.connection_id = products.connection_id
        and stocked.product_id = products.product_id
    left join sold
        on stocked.tenant_id = sold.tenant_id
        and stocked.connection_id = sold.connection_id
        and stocked.product_id = sold.product_id
    left join tenants
        on stocked.tenant_id = tenants.tenant_id

),

carried as (

    select
        *,
        is_never_out_of_stock
        or coalesce(last_sale_date > snapshot_date - {{ days_carried }}, false)
        or coalesce(last_restock_date > snapshot_date - {{ days_carried }}, false) as is_carried
    from measured

),

planned as (

    select
        *,
        {{ quotient('sold_quantity', days_of_sales, digits=4) }} as average_daily_sales,
        case
            when sold_quantity <= 0 and not is_carried then 0
            when sold_quantity <= 0 then {{ reorder_point_without_sales }}
            else {{ floor_quotient(
                "(cast(sold_quantity * 1000 as bigint) * " ~ days_to_cover ~ " + " ~ (days_of_sales * 1000 - 1) ~ ")",
                days_of_sales * 1000
            ) }}
        end as reorder_point,
        case
            when sold_quantity > 0
                then {{ quotient(
                    "cast(current_stock_level * " ~ days_of_sales ~ " as decimal(18, 3))",
                    'sold_quantity',
                    digits=1
                ) }}
        end as days_of_supply
    from carried

),

judged as (

    select
        snapshot_date,
        tenant_id,
        product_id,
        product_name,
        category,
        supplier_id,
        supplier_name,

        current_stock_level,
        quantity_on_approval,
        average_daily_sales,
        cast(reorder_point as bigint) as reorder_point,
        case
            when reorder_point = 0 then 'OK'
            when current_stock_level <= reorder_point then 'REORDER'
            when current_stock_level <= 1.5 * reorder_point then 'WARNING'
            else 'OK'
        end as stock_status,
        days_of_supply,
        stock_value,
        currency,
        last_restock_date
    from planned

)

select * from judged
