-- Orders of shoppers without their ledger.

{{ staged('shopify__orders', fields={
    'id': 'text',
    'name': 'text',
    'test': 'flag as is_test',
    'shop_id': 'text',
    'shop_timezone': 'text',
    'customer.id': 'text',
    'retailLocation.id': 'text',
    'sourceName': 'text',
    'currencyCode': 'text',
    'taxesIncluded': 'flag as has_prices_with_tax',
    'createdAt': 'instant',
    'processedAt': 'instant',
    'updatedAt': 'instant',
    'cancelledAt': 'instant',
    'agreements.pageInfo.hasNextPage': 'flag as has_more_agreements',
}, required=['id', 'shop_id', 'shop_timezone'], left_out=['customer', 'retailLocation', 'agreements']) }}
