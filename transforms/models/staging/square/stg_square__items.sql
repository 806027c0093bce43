-- Items of the catalogue without their variations.

{{ staged('square__items', {
    'id': 'text',
    'item_data.name': 'text as name',
    'item_data.product_type': 'text as product_type',
    'item_data.reporting_category.id': 'text as reporting_category_id',
    'item_data.categories.0.id': 'text as first_category_id',
    'item_data.category_id': 'text as category_id',
    'item_data.is_archived': 'flag as is_archived',
    'is_deleted': 'flag',
    'updated_at': 'instant',
}, required=['id'], left_out=['item_data']) }}
