-- Vouchers sold, and what was redeemed of them.

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
    'internetCode': 'text',
    'type': 'whole',
    'validFrom': 'day',
    'validUntil': 'day',
    'voucherRedemptionDate': 'day',
    'note': 'text',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__voucher') }}

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
