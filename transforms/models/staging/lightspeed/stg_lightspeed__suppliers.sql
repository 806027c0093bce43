-- Suppliers.

{{ staged('lightspeed__suppliers', fields={
    'id': 'text',
    'name': 'text',
    'deleted_at': 'instant',
}, required=['id'], left_out=['version']) }}
