-- Countries as the till keys them.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'countryName': 'text',
    'isoAlpha2': 'text',
    'isoAlpha3': 'text',
    'currencyNumber': 'key',
    'domain': 'text',
    'isEU': 'flag',
    'searchTerm': 'text',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'countryName', 'isoAlpha2', 'currencyNumber', 'isEU', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__country') }}

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
