-- Payments in full: with their tax and their tip.

{{ staged(
    'sumup__transaction',
    fields={
        'id': 'text',
        'merchant_code': 'text',
        'transaction_code': 'text',
        'amount': 'money',
        'vat_amount': 'money',
        'tip_amount': 'money',
        'currency': 'text',
        'timestamp': 'instant as paid_at',
        'status': 'text',
        'payment_type': 'text',
        'product_summary': 'text',
    },
    required=['id', 'amount', 'timestamp', 'status'],
    left_out=['products', 'transaction_events', 'links', 'paid_at'],
) }}
