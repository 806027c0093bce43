-- Products; each variant is one.

{{ staged('lightspeed__products', fields={
    'id': 'text',
    'name': 'text',
    'variant_name': 'text',
    'sku': 'text',
    'product_type_id': 'text',
    'supplier_id': 'text',
    'price_including_tax': 'money',
    'supply_price': 'money',
    'is_active': 'flag',
    'deleted_at': 'instant',
}, required=['id'], left_out=['version']) }}
