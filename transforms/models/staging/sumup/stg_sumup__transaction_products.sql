-- Goods of a payment. SumUp gives them no key: their place is it.

{{ staged(
    'sumup__transaction',
    each='products',
    fields={
        'name': 'text',
        'quantity': 'quantity',
        'total_with_vat': 'money',
        'vat_amount': 'money',
        'price_with_vat': 'money',
    },
    required=['quantity', 'total_with_vat'],
) }}
