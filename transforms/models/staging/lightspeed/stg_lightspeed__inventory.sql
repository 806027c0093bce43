-- What an outlet has of a product.

{{ staged('lightspeed__inventory', fields={
    'id': 'text',
    'outlet_id': 'text',
    'product_id': 'text',
    'inventory_level': 'quantity',
    'average_cost': 'money',
    'deleted_at': 'instant',
}, required=['id', 'outlet_id', 'product_id', 'inventory_level'], left_out=['version']) }}
