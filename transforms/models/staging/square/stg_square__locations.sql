-- Locations: the shops of the seller.

{{ staged('square__locations', {
    'id': 'text',
    'name': 'text',
    'business_name': 'text',
    'type': 'text',
    'status': 'text',
    'timezone': 'text',
    'country': 'text',
    'currency': 'text',
    'address.locality': 'text',
    'address.postal_code': 'text',
    'created_at': 'instant',
}, required=['id', 'timezone']) }}
