-- Shops as a file has them.

{{ staged(
    'files__shop',
    fields={
        'shop_id': 'text',
        'shop_name': 'text',
        'country_code': 'text',
        'region_id': 'text',
        'zip_code': 'text',
        'city': 'text',
        'is_active': 'flag',
        'is_web_shop': 'flag',
        'is_deleted': 'flag',
    },
    required=['shop_id'],
    left_out=['_file', '_row', '_modified_at'],
) }}
