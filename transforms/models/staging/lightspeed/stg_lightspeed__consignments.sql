-- Movements of stock: orders to suppliers, transfers between outlets, returns to suppliers, stocktakes.

{{ staged('lightspeed__consignments', fields={
    'id': 'text',
    'type': 'text as consignment_type',
    'status': 'text',
    'name': 'text',
    'reference': 'text',
    'supplier_id': 'text',
    'outlet_id': 'text',
    'source_outlet_id': 'text',
    'created_at': 'instant',
    'updated_at': 'instant',
    'received_at': 'instant',
    'deleted_at': 'instant',
}, required=['id', 'type'], left_out=['version']) }}
