-- People at accounts.

{{ staged(
    'salesforce__contacts',
    fields={
        'Id': 'text',
        'AccountId': 'text',
        'FirstName': 'text',
        'LastName': 'text',
        'Title': 'text',
        'Department': 'text',
        'LastModifiedById': 'text',
        'IsDeleted': 'flag',
    },
    required=['Id'],
    left_out=[
        'attributes', 'SystemModstamp', 'LastModifiedDate', 'LastViewedDate', 'LastReferencedDate',
    ],
) }}
