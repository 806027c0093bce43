-- Groups of the directory.

{{ staged(
    'microsoft365__groups',
    fields={
        'id': 'text',
        'displayName': 'text',
        'groupTypes': 'json',
        'mailEnabled': 'flag',
        'securityEnabled': 'flag',
        'visibility': 'text',
        'createdDateTime': 'instant',
    },
    required=['id'],
) }}
