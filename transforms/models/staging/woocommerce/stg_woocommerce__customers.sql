-- Customers with an account; guests have none.

{{ staged(
    'woocommerce__customer',
    fields={'id': 'text', 'date_created': 'moment', 'role': 'text'},
    required=['id'],
) }}
