-- What a location has of a variant.

{{ staged('shopify__stock', fields={
    'id': 'text',
    'location_id': 'text',
    'item.id': 'text',
    'item.sku': 'text',
    'item.variant.id': 'text as variant_id',
    'quantities.0.quantity': 'quantity as on_hand',
    'updatedAt': 'instant',
}, required=['id', 'location_id', 'quantities.0.quantity'], left_out=['item', 'quantities']) }}
