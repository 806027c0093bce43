-- Credit notes issued to customers.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'value': 'money',
    'amountRedeemed': 'money',
    'status': 'whole',
    'date': 'day',
    'receiptNumber': 'key',
    'receiptPosition': 'whole',
    'branchNumber': 'key',
    'customerNumber': 'key',
    'currencyNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__credit') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=['value']) }}
    from parsed

)

select * from typed
