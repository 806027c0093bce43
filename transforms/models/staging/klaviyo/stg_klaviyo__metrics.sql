-- Kinds of events.

{{ staged(
    'klaviyo__metric',
    fields={
        'id': 'text',
        'attributes.name': 'text as metric_name',
        'attributes.integration.name': 'text as integration_name',
        'attributes.created': 'instant as created_at',
        'attributes.updated': 'instant as updated_at',
    },
    required=['id'],
    left_out=['links'],
) }}
