-- Lists of people who subscribed.

{{ staged(
    'klaviyo__list',
    fields={
        'id': 'text',
        'attributes.name': 'text as list_name',
        'attributes.opt_in_process': 'text as opt_in_process',
        'attributes.created': 'instant as created_at',
        'attributes.updated': 'instant as updated_at',
    },
    required=['id'],
    left_out=['links'],
) }}
