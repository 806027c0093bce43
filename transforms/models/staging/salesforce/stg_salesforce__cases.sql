-- Cases: what customers asked for.

{{ staged(
    'salesforce__cases',
    fields={
        'Id': 'text',
        'CaseNumber': 'text',
        'Subject': 'text',
        'Description': 'text',
        'Status': 'text',
        'Priority': 'text',
        'AccountId': 'text',
        'ContactId': 'text',
        'Type': 'text',
        'Reason': 'text',
        'OwnerId': 'text',
        'CreatedById': 'text',
        'CreatedDate': 'instant',
        'IsClosed': 'flag',
        'ClosedDate': 'instant',
        'LastModifiedById': 'text',
        'IsDeleted': 'flag',
    },
    required=['Id'],
    left_out=[
        'attributes', 'SystemModstamp', 'LastModifiedDate', 'LastViewedDate', 'LastReferencedDate',
    ],
) }}
