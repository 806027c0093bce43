-- Suppliers.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'name1': 'text',
    'name2': 'text',
    'name3': 'text',
    'searchTerm': 'text',
    'isActive': 'flag',
    'isEDI': 'flag',
    'currencyNumber': 'key',
    'countryNumber': 'key',
    'website': 'text',
    'city': 'text',
    'zipCode': 'text',
    'shipmentOptionNumber': 'key',
    'paymentOptionNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'name1', 'searchTerm', 'currencyNumber', 'countryNumber', 'city', 'isActive',
    'isEDI', 'paymentOptionNumber', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__supplier') }}

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
