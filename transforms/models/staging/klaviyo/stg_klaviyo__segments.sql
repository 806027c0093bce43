-- Segments: people who meet a rule just now.

{{ staged(
    'klaviyo__segment',
    fields={
        'id': 'text',
        'attributes.name': 'text as segment_name',
        'attributes.is_active': 'flag as is_active',
        'attributes.created': 'instant as created_at',
        'attributes.updated': 'instant as updated_at',
    },
    required=['id'],
    left_out=['links'],
) }}
