-- Orders at suppliers. Not what shoppers order.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'source': 'text',
    'created': 'moment',
    'supplierNumber': 'key',
    'supplierOrderId': 'text',
    'merchantNumber': 'key',
    'info': 'text',
    'overallDiscount': 'percent',
    'status': 'whole',
    'type': 'text',
    'positions': 'json',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'source', 'created', 'supplierNumber', 'supplierOrderId', 'merchantNumber',
    'overallDiscount', 'status', 'type', 'positions', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__order') }}

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
        {{ typed_columns(fields, required=['number']) }}
    from parsed

)

select * from typed
