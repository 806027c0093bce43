-- Accounts: companies, and people where person accounts are used.

{{ staged(
    'salesforce__accounts',
    fields={
        'Id': 'text',
        'Name': 'text',
        'AccountNumber': 'text',
        'Type': 'text',
        'BillingStreet': 'text',
        'BillingCity': 'text',
        'BillingState': 'text',
        'BillingPostalCode': 'text',
        'BillingCountry': 'text',
        'LastModifiedById': 'text',
        'IsDeleted': 'flag',
    },
    required=['Id'],
    left_out=[
        'attributes', 'SystemModstamp', 'LastModifiedDate', 'LastViewedDate', 'LastReferencedDate',
        'BillingAddress',
    ],
) }}
