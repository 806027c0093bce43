-- What became of a payment: payouts, refunds and charge-backs.

{{ staged(
    'sumup__transaction',
    each='transaction_events',
    fields={
        'id': 'text',
        'event_type': 'text',
        'status': 'text',
        'amount': 'money',
        'timestamp': 'instant as happened_at',
    },
    required=['id', 'event_type', 'amount', 'timestamp'],
) }}
