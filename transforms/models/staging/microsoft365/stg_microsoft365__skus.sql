-- Licences the organisation has bought, and how many are given out.

{{ staged(
    'microsoft365__skus',
    fields={
        'id': 'text',
        'skuId': 'text',
        'skuPartNumber': 'text',
        'appliesTo': 'text',
        'capabilityStatus': 'text',
        'consumedUnits': 'whole',
        'prepaidUnits.enabled': 'whole',
        'prepaidUnits.suspended': 'whole',
        'prepaidUnits.warning': 'whole',
    },
    required=['id', 'skuPartNumber'],
) }}
