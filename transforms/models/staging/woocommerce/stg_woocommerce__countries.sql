-- Countries that WordPress knows, with their ISO codes.

{{ staged(
    'woocommerce__country',
    fields={'code': 'text', 'name': 'text'},
    required=['code'],
    left_out=['states', '_links'],
) }}
