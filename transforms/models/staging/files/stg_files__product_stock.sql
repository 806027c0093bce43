-- Stock as a file has it: a product in a size in a shop.

{{ staged(
    'files__product_stock',
    fields={
        'product_size_id': 'text',
        'product_id': 'text',
        'shop_id': 'text',
        'size': 'text',
        'ean': 'text',
        'first_purchase_date': 'day',
        'last_purchase_date': 'day',
        'first_sale_date': 'day',
        'last_sale_date': 'day',
        'quantity_on_hand': 'quantity',
        'quantity_on_approval': 'quantity',
        'purchase_price': 'money',
        'sale_price': 'money',
        'label_price': 'money',
        'currency': 'text',
        'is_never_out_of_stock': 'flag',
        'is_deleted': 'flag',
    },
    required=['product_size_id', 'product_id', 'shop_id', 'quantity_on_hand'],
    left_out=['_file', '_row', '_modified_at'],
) }}
