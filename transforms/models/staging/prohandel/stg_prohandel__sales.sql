-- Receipt lines as the tills recorded them.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'branchNumber': 'key',
    'cashRegisterNumber': 'key',
    'receiptNumber': 'key',
    'receiptPosition': 'whole',
    'type': 'whole',
    'date': 'day',
    'time': 'whole',
    'articleNumber': 'key',
    'articleSizeNumber': 'key',
    'quantity': 'quantity',
    'salePrice': 'money',
    'labelPrice': 'money',
    'discount': 'money',
    'deduction': 'money',
    'staffDiscount': 'money',
    'purchasePrice': 'money',
    'customerNumber': 'key',
    'staffNumber': 'key',
    'cashierNumber': 'key',
    'paymentOptionNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
    'currencyNumber': 'key',
    'countryNumber': 'key',
    'zipCode': 'text',
    'priceChangeReasonNumber': 'key',
    'returnReasonNumber': 'key',
    'alternativeReceiptNumber': 'text',
} %}

{% set mapped = [
    'id', 'branchNumber', 'cashRegisterNumber', 'receiptNumber', 'receiptPosition', 'type',
    'date', 'time', 'articleNumber', 'articleSizeNumber', 'quantity', 'salePrice', 'labelPrice',
    'discount', 'deduction', 'staffDiscount', 'purchasePrice', 'customerNumber', 'staffNumber',
    'cashierNumber', 'paymentOptionNumber', 'currencyNumber', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__sale') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ extensions('payload', mapped) }} as extensions,
        {{ typed_columns(fields, required=['date', 'quantity', 'salePrice']) }}
    from parsed

)

select * from typed
