-- Lines of sales: the list inside each order, one row per element.

{{ staged('square__orders', {
    'uid': 'text',
    'item_type': 'text',
    'catalog_object_id': 'text',
    'name': 'text',
    'variation_name': 'text',
    'quantity': 'quantity',
    'base_price_money.amount': 'minor of total_money.currency as base_price',
    'gross_sales_money.amount': 'minor of total_money.currency as gross_sales',
    'total_discount_money.amount': 'minor of total_money.currency as total_discount',
    'total_tax_money.amount': 'minor of total_money.currency as total_tax',
    'total_money.amount': 'minor of total_money.currency as total',
    'total_money.currency': 'text as currency',
}, required=['uid', 'quantity', 'total_money.amount'], left_out=[
    'note', 'metadata', 'base_price_money', 'gross_sales_money', 'total_discount_money', 'total_tax_money',
    'total_money', 'variation_total_price_money',
], each='line_items') }}
