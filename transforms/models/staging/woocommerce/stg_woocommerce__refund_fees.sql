-- Fees, and discounts as negative fees, of a refund.

{{ staged(
    'woocommerce__refund',
    each='fee_lines',
    fields={
        'id': 'text',
        'name': 'text as name',
        'total': 'number',
        'total_tax': 'number',
    },
    required=['id', 'total', 'total_tax'],
) }}
