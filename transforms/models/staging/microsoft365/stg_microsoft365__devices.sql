-- Devices that are registered in the directory.

{{ staged(
    'microsoft365__devices',
    fields={
        'id': 'text',
        'deviceId': 'text',
        'accountEnabled': 'flag',
        'operatingSystem': 'text',
        'operatingSystemVersion': 'text',
        'trustType': 'text',
        'isCompliant': 'flag',
        'isManaged': 'flag',
        'registrationDateTime': 'instant',
        'approximateLastSignInDateTime': 'instant as last_sign_in_at',
    },
    required=['id'],
) }}
