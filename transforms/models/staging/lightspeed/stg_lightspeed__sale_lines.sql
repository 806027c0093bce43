-- Lines of sales: the list inside each sale, one row per element.

{{ staged('lightspeed__sales', fields={
    'id': 'text',
    'product_id': 'text',
    'sequence': 'whole',
    'quantity': 'quantity',
    'price_total': 'number',
    'tax_total': 'number',
    'discount_total': 'number',
    'cost_total': 'number',
    'status': 'text',
    'is_return': 'flag',
    'gift_card_number': 'text',
}, required=['id', 'quantity', 'price_total', 'tax_total'], left_out=[
    'note', 'price', 'unit_price', 'total_price', 'discount', 'unit_discount', 'total_discount', 'cost', 'unit_cost',
    'total_cost', 'tax', 'unit_tax', 'total_tax',
], each='line_items') }}
