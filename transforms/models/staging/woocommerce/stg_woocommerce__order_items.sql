-- The goods of an order, one row per item.

{{ staged(
    'woocommerce__order',
    each='line_items',
    fields={
        'id': 'text',
        'name': 'text',
        'product_id': 'key',
        'variation_id': 'key',
        'quantity': 'quantity',
        'subtotal': 'number',
        'subtotal_tax': 'number',
        'total': 'number',
        'total_tax': 'number',
    },
    required=['id', 'quantity', 'total', 'total_tax'],
) }}
