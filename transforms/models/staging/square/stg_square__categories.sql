-- Categories of the catalogue.

{{ staged('square__categories', {
    'id': 'text',
    'category_data.name': 'text as name',
    'category_data.parent_category.id': 'text as parent_id',
    'category_data.root_category': 'text as root_id',
    'is_deleted': 'flag',
    'updated_at': 'instant',
}, required=['id']) }}
