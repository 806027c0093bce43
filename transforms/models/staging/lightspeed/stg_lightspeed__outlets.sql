-- Outlets: the shops of the retailer.

{{ staged('lightspeed__outlets', fields={
    'id': 'text',
    'name': 'text',
    'currency': 'text',
    'time_zone': 'text',
    'display_prices': 'text',
    'physical_city': 'text as city',
    'physical_postcode': 'text as zip_code',
    'physical_country_id': 'text as country_code',
    'deleted_at': 'instant',
}, required=['id', 'time_zone', 'currency'], left_out=['version']) }}
