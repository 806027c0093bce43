-- Types of products.

{{ staged('lightspeed__product_types', fields={
    'id': 'text',
    'name': 'text',
    'deleted_at': 'instant',
}, required=['id'], left_out=['version']) }}
