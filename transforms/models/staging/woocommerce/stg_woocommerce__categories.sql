-- Categories of products.

{{ staged(
    'woocommerce__category',
    fields={'id': 'text', 'name': 'text', 'parent': 'key as parent_id'},
    required=['id'],
    left_out=['_links'],
) }}
