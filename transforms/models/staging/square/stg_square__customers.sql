-- Customers without what would tell who they are.

{{ staged('square__customers', {
    'id': 'text',
    'email_address': 'text',
    'creation_source': 'text',
    'created_at': 'instant',
    'updated_at': 'instant',
}, required=['id']) }}
