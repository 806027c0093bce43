-- Places with stock: stores, warehouses, drop shippers.

{{ staged('shopify__locations', fields={
    'id': 'text',
    'name': 'text',
    'isActive': 'flag',
    'fulfillsOnlineOrders': 'flag',
    'address.city': 'text as city',
    'address.zip': 'text as zip_code',
    'address.countryCode': 'text as country_code',
}, required=['id'], left_out=['address']) }}
