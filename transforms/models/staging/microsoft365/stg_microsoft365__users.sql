-- Accounts of people in the directory, guests among them.

{{ staged(
    'microsoft365__users',
    fields={
        'id': 'text',
        'accountEnabled': 'flag',
        'userType': 'text',
        'displayName': 'text',
        'givenName': 'text',
        'surname': 'text',
        'userPrincipalName': 'text',
        'mail': 'text',
        'jobTitle': 'text',
        'department': 'text',
        'companyName': 'text',
        'officeLocation': 'text',
        'usageLocation': 'text',
        'createdDateTime': 'instant',
        'onPremisesSyncEnabled': 'flag',
        'assignedLicenses': 'json',
    },
    required=['id'],
) }}
