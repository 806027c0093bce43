-- Customers as a file has them, without what would tell who they are.

{{ staged(
    'files__customer',
    fields={
        'customer_id': 'text',
        'shop_id': 'text',
        'country_id': 'text',
        'creation_date': 'day',
        'loyalty_points': 'quantity',
        'discount_percent': 'percent',
        'is_staff': 'flag',
        'is_business': 'flag',
        'is_deleted': 'flag',
    },
    required=['customer_id'],
    left_out=['_file', '_row', '_modified_at'],
) }}
