-- What people did, such as opening an e-mail: who, what kind and when.

{{ staged(
    'klaviyo__event',
    fields={
        'id': 'text',
        'attributes.datetime': 'instant as happened_at',
        'attributes.uuid': 'text as event_uuid',
        'relationships.profile.data.id': 'text as profile_id',
        'relationships.metric.data.id': 'text as metric_id',
    },
    required=['id', 'attributes.datetime'],
    left_out=['attributes', 'links', 'relationships'],
) }}
