-- Products as they are now, with a name people recognise.

with

products as (

    {{ latest_of(ref('std_products'), id='product_id', key='product_key') }}

),

categories as (

    {{ latest_of(ref('std_categories'), id='category_id', key='category_key') }}

),

suppliers as (

    {{ latest_of(ref('std_suppliers'), id='supplier_id', key='supplier_key') }}

),

named as (

    select
        products.product_key,
        products.tenant_id,
        products.connection_id,
        products.product_id,
        products.category_id,
        products.supplier_id,

        -- Some tills give articles no name.
        coalesce(
            products.product_name,
            {{ joined_texts(
                ['products.supplier_article_number', 'categories.category_name', 'products.color'],
                separator=' '
            ) }},
            products.product_id
        ) as product_name,
        coalesce(categories.category_name, 'Unknown') as product_category,
        categories.tax_class,
        suppliers.supplier_name,
        products.supplier_article_number,
        products.color,
        products.last_purchase_date,

        products.sale_price,
        products.label_price,
        products.purchase_price,
        products.currency,

        products.is_never_out_of_stock,
        products.is_deleted
    from products
    left join categories
        on products.tenant_id = categories.tenant_id
        and products.connection_id = categories.connection_id
        and products.category_id = categories.category_id
    left join suppliers
        on products.tenant_id = suppliers.tenant_id
        and products.connection_id = suppliers.connection_id
        and products.supplier_id = suppliers.supplier_id

)

select * from named
