-- What was agreed with the shopper, and when: the list inside each order, one row per element.

{{ staged('shopify__orders', fields={
    'id': 'text',
    'reason': 'text',
    'happenedAt': 'instant',
    'sales.pageInfo.hasNextPage': 'flag as has_more_sales',
}, required=['id', 'happenedAt'], left_out=['sales'], each='agreements.nodes') }}
