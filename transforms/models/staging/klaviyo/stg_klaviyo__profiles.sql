-- People a shop may write to, without what would tell who they are.

{{ staged(
    'klaviyo__profile',
    fields={
        'id': 'text',
        'attributes.external_id': 'text as external_id',
        'attributes.created': 'instant as created_at',
        'attributes.updated': 'instant as updated_at',
        'attributes.last_event_date': 'instant as last_event_at',
        'attributes.locale': 'text as locale',
    },
    required=['id'],
    left_out=['attributes', 'links'],
) }}
