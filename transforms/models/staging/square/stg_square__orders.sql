-- Sales, returns and exchanges without their lines; open and cancelled ones, too.

{{ staged('square__orders', {
    'id': 'text',
    'location_id': 'text',
    'location_timezone': 'text',
    'customer_id': 'text',
    'state': 'text',
    'source.name': 'text',
    'total_money.amount': 'minor of total_money.currency as total',
    'total_money.currency': 'text as currency',
    'total_tax_money.amount': 'minor of total_money.currency as total_tax',
    'total_discount_money.amount': 'minor of total_money.currency as total_discount',
    'total_tip_money.amount': 'minor of total_money.currency as total_tip',
    'total_service_charge_money.amount': 'minor of total_money.currency as total_service_charge',
    'created_at': 'instant',
    'updated_at': 'instant',
    'closed_at': 'instant',
}, required=['id', 'location_id', 'location_timezone', 'state', 'created_at'], left_out=['line_items', 'returns']) }}
