-- Members of the tenant's team, who own tickets and work time.

{{ staged(
    'connectwise__members',
    fields={
        'id': 'key',
        'identifier': 'text',
        'firstName': 'text',
        'lastName': 'text',
        'title': 'text',
        'inactiveFlag': 'flag',
        '_info.lastUpdated': 'instant',
        '_info.updatedBy': 'text',
    },
    required=['id'],
    left_out=[
        '_info',
    ],
) }}
