-- Lines of returns: the list inside each return of an order, one row per element.

{{ staged('square__orders', {
    'uid': 'text',
    'source_line_item_uid': 'text',
    'item_type': 'text',
    'catalog_object_id': 'text',
    'name': 'text',
    'variation_name': 'text',
    'quantity': 'quantity',
    'base_price_money.amount': 'minor of total_money.currency as base_price',
    'gross_return_money.amount': 'minor of total_money.currency as gross_return',
    'total_discount_money.amount': 'minor of total_money.currency as total_discount',
    'total_tax_money.amount': 'minor of total_money.currency as total_tax',
    'total_money.amount': 'minor of total_money.currency as total',
    'total_money.currency': 'text as currency',
}, required=['uid', 'quantity', 'total_money.amount'], left_out=[
    'note', 'base_price_money', 'gross_return_money', 'total_discount_money', 'total_tax_money',
    'total_money', 'variation_total_price_money',
], within='returns', each='return_line_items') }}
