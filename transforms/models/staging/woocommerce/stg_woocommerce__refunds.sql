-- Refunds: what was given back of an order, and when.

{{ staged(
    'woocommerce__refund',
    fields={
        'id': 'text',
        'parent_id': 'key',
        'date_created': 'moment',
        'date_created_gmt': 'instant',
        'amount': 'number',
    },
    required=['id', 'date_created', 'amount'],
    left_out=['line_items', 'shipping_lines', 'fee_lines', '_links'],
) }}
