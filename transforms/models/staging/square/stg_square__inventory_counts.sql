-- How many pieces of a variation a location has in stock.

{{ staged('square__inventory_counts', {
    'catalog_object_id': 'text',
    'catalog_object_type': 'text',
    'location_id': 'text',
    'state': 'text',
    'quantity': 'quantity',
    'calculated_at': 'instant',
}, required=['catalog_object_id', 'location_id', 'quantity']) }}
