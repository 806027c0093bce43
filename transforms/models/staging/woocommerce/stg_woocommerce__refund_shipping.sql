-- Shipping of a refund.

{{ staged(
    'woocommerce__refund',
    each='shipping_lines',
    fields={
        'id': 'text',
        'method_title': 'text as name',
        'total': 'number',
        'total_tax': 'number',
    },
    required=['id', 'total', 'total_tax'],
) }}
