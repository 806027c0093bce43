-- People at companies.

{{ staged(
    'connectwise__contacts',
    fields={
        'id': 'key',
        'company.id': 'key',
        'company.name': 'text',
        'firstName': 'text',
        'lastName': 'text',
        'title': 'text',
        'relationship.name': 'text',
        'type.name': 'text',
        'department.name': 'text',
        'inactiveFlag': 'flag',
        '_info.lastUpdated': 'instant',
        '_info.updatedBy': 'text',
    },
    required=['id'],
    left_out=[
        '_info',
    ],
) }}
