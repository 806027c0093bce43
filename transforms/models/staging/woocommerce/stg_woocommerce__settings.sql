-- Settings of the shop, such as its country and currency.

{{ staged(
    'woocommerce__setting',
    fields={'id': 'text', 'value': 'text'},
    required=['id'],
    left_out=['_links'],
) }}
