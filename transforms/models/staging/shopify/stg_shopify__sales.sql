-- Entries of the ledger: the list inside each agreement of each order, one row per element.

{{ staged('shopify__orders', fields={
    'id': 'text',
    'actionType': 'text',
    'lineType': 'text',
    'quantity': 'quantity',
    'totalAmount.shopMoney.amount': 'money as total',
    'totalAmount.shopMoney.currencyCode': 'text as currency',
    'totalTaxAmount.shopMoney.amount': 'money as total_tax',
    'totalDiscountAmountBeforeTaxes.shopMoney.amount': 'money as total_discount',
    'lineItem.id': 'text as line_item_id',
    'lineItem.name': 'text as name',
    'lineItem.sku': 'text as sku',
    'lineItem.variant.id': 'text as variant_id',
}, required=['id', 'lineType', 'totalAmount.shopMoney.amount'], left_out=[
    'totalAmount', 'totalTaxAmount', 'totalDiscountAmountBeforeTaxes', 'lineItem',
], within='agreements.nodes', each='sales.nodes') }}
