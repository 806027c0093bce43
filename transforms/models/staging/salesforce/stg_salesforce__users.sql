-- Users of the organisation, who own cases.

{{ staged(
    'salesforce__users',
    fields={
        'Id': 'text',
        'IsActive': 'flag',
        'UserType': 'text',
        'Department': 'text',
        'Division': 'text',
        'CompanyName': 'text',
        'Title': 'text',
        'UserRoleId': 'text',
        'ManagerId': 'text',
        'CreatedDate': 'instant',
        'LastModifiedById': 'text',
    },
    required=['Id'],
    left_out=[
        'attributes', 'SystemModstamp', 'LastModifiedDate', 'LastViewedDate', 'LastReferencedDate',
    ],
) }}
