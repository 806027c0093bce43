-- Products as a file has them.

{{ staged(
    'files__product',
    fields={
        'product_id': 'text',
        'product_name': 'text',
        'category_id': 'text',
        'supplier_id': 'text',
        'season_id': 'text',
        'supplier_article_number': 'text',
        'color': 'text',
        'first_purchase_date': 'day',
        'last_purchase_date': 'day',
        'first_sale_date': 'day',
        'last_sale_date': 'day',
        'sale_price': 'money',
        'label_price': 'money',
        'purchase_price': 'money',
        'currency': 'text',
        'is_active': 'flag',
        'is_never_out_of_stock': 'flag',
        'is_deleted': 'flag',
    },
    required=['product_id'],
    left_out=['_file', '_row', '_modified_at'],
) }}
