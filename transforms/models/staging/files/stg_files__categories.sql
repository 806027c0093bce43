-- Categories as a file has them.

{{ staged(
    'files__category',
    fields={
        'category_id': 'text',
        'category_name': 'text',
        'department_id': 'text',
        'main_category_id': 'text',
        'general_category_id': 'text',
        'tax_class': 'text',
        'is_service': 'flag',
        'is_deleted': 'flag',
    },
    required=['category_id'],
    left_out=['_file', '_row', '_modified_at'],
) }}
