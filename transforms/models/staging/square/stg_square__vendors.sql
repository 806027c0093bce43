-- Suppliers.

{{ staged('square__vendors', {
    'id': 'text',
    'name': 'text',
    'status': 'text',
    'created_at': 'instant',
    'updated_at': 'instant',
}, required=['id']) }}
