-- Companies: customers, prospects, vendors and the tenant itself.

{{ staged(
    'connectwise__companies',
    fields={
        'id': 'key',
        'identifier': 'text',
        'name': 'text',
        'type.name': 'text',
        'status.name': 'text',
        'addressLine1': 'text',
        'addressLine2': 'text',
        'city': 'text',
        'state': 'text',
        'zip': 'text',
        'country.name': 'text',
        'territory.id': 'key',
        'territory.name': 'text',
        'deletedFlag': 'flag',
        '_info.lastUpdated': 'instant',
        '_info.updatedBy': 'text',
    },
    required=['id', 'name'],
    left_out=[
        '_info',
    ],
) }}
