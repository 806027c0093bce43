-- Products; one with variations is sold as one of them.

{{ staged(
    'woocommerce__product',
    fields={
        'id': 'text',
        'name': 'text',
        'type': 'text',
        'status': 'text',
        'price': 'money',
        'regular_price': 'money',
        'manage_stock': 'text',
        'stock_quantity': 'quantity',
        'global_unique_id': 'text',
        'categories.0.id': 'key as category_id',
    },
    required=['id'],
    left_out=['_links'],
) }}
