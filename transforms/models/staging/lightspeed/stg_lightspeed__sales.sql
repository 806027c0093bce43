-- Sales and returns without their lines; parked and voided ones, too.

{{ staged('lightspeed__sales', fields={
    'id': 'text',
    'outlet_id': 'text',
    'register_id': 'text',
    'user_id': 'text',
    'customer_id': 'text',
    'receipt_number': 'text',
    'return_for': 'text',
    'status': 'text',
    'state': 'text',
    'total_price': 'money',
    'total_tax': 'money',
    'sale_date': 'instant as sold_at',
    'created_at': 'instant',
    'updated_at': 'instant',
    'deleted_at': 'instant',
}, required=['id', 'outlet_id', 'sale_date'], left_out=['line_items', 'version']) }}
