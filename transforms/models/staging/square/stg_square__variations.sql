-- Variations of items, which is what is sold: the list inside each item, one row per element.

{{ staged('square__items', {
    'id': 'text',
    'item_variation_data.name': 'text as name',
    'item_variation_data.sku': 'text as sku',
    'item_variation_data.upc': 'text as upc',
    'item_variation_data.pricing_type': 'text as pricing_type',
    'item_variation_data.price_money.amount': 'minor of item_variation_data.price_money.currency as price',
    'item_variation_data.price_money.currency': 'text as currency',
    'item_variation_data.sellable': 'flag as is_sellable',
    'is_deleted': 'flag',
    'updated_at': 'instant',
}, required=['id'], each='item_data.variations') }}
