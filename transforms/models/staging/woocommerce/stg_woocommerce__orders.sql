-- Orders of shoppers.

{{ staged(
    'woocommerce__order',
    fields={
        'id': 'text',
        'number': 'text as order_number',
        'status': 'text',
        'currency': 'text',
        'date_created': 'moment',
        'date_created_gmt': 'instant',
        'total': 'number',
        'total_tax': 'number',
        'customer_id': 'key',
        'payment_method': 'text',
    },
    required=['id', 'status', 'date_created'],
    left_out=['line_items', 'shipping_lines', 'fee_lines', '_links'],
) }}
