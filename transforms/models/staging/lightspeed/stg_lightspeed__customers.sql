-- Customers without what would tell who they are.

{{ staged('lightspeed__customers', fields={
    'id': 'text',
    'email': 'text',
    'customer_group_id': 'text',
    'loyalty_balance': 'quantity',
    'created_at': 'instant',
    'updated_at': 'instant',
    'deleted_at': 'instant',
}, required=['id'], left_out=['version']) }}
