-- Payments as the list of transactions has them.

{{ staged(
    'sumup__payment',
    fields={
        'id': 'text',
        'transaction_code': 'text',
        'amount': 'money',
        'currency': 'text',
        'timestamp': 'instant as paid_at',
        'status': 'text',
        'payment_type': 'text',
    },
    required=['id', 'amount', 'timestamp'],
) }}
