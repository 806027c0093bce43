-- Invoices and open items of customers.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'receiptNumber': 'key',
    'receiptPosition': 'whole',
    'date': 'day',
    'amount': 'money',
    'status': 'whole',
    'branchNumber': 'key',
    'customerNumber': 'key',
    'currencyNumber': 'key',
    'staffNumber': 'key',
    'cashRegisterNumber': 'key',
    'amountCleared': 'money',
    'paymentDueDate': 'day',
    'paymentConditionNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__invoice') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=['amount']) }}
    from parsed

)

select * from typed
