-- Variations of products: what is on the shelf, in its colour and size.

{{ staged(
    'woocommerce__variation',
    fields={
        'id': 'text',
        'parent_id': 'key',
        'name': 'text',
        'status': 'text',
        'price': 'money',
        'regular_price': 'money',
        'manage_stock': 'text',
        'stock_quantity': 'quantity',
        'global_unique_id': 'text',
    },
    required=['id', 'parent_id'],
    left_out=['_links'],
) }}
