-- Variants of products, which is what is sold.

{{ staged('shopify__variants', fields={
    'id': 'text',
    'title': 'text',
    'sku': 'text',
    'barcode': 'text',
    'price': 'money',
    'compareAtPrice': 'money',
    'shop_currency': 'text',
    'product.id': 'text',
    'product.title': 'text',
    'product.productType': 'text as product_type',
    'product.vendor': 'text as vendor',
    'product.status': 'text as product_status',
    'inventoryItem.unitCost.amount': 'money as unit_cost',
}, required=['id', 'product.title']) }}
