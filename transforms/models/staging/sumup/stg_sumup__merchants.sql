-- The merchant: SumUp's account of a shop.

{{ staged(
    'sumup__merchant',
    fields={
        'merchant_code': 'text',
        'alias': 'text as merchant_name',
        'country': 'text as country_code',
        'default_currency': 'text',
    },
    required=['merchant_code'],
) }}
