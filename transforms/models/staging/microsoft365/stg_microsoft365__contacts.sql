-- Organisational contacts: people outside the directory whom everybody can find.

{{ staged(
    'microsoft365__contacts',
    fields={
        'id': 'text',
        'displayName': 'text',
        'givenName': 'text',
        'surname': 'text',
        'mail': 'text',
        'jobTitle': 'text',
        'department': 'text',
        'companyName': 'text',
    },
    required=['id'],
) }}
