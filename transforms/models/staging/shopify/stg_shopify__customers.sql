-- Customers without what would tell who they are.

{{ staged('shopify__customers', fields={
    'id': 'text',
    'numberOfOrders': 'whole',
    'amountSpent.amount': 'money as amount_spent',
    'amountSpent.currencyCode': 'text as currency',
    'taxExempt': 'flag as is_tax_exempt',
    'createdAt': 'instant',
    'updatedAt': 'instant',
}, required=['id'], left_out=['amountSpent']) }}
