-- Branches: the shops of the retailer.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'name1': 'text',
    'name2': 'text',
    'name3': 'text',
    'searchTerm': 'text',
    'isActive': 'flag',
    'isWebshop': 'flag',
    'street': 'text',
    'zipCode': 'text',
    'city': 'text',
    'countryNumber': 'key',
    'stateNumber': 'key',
    'imageName': 'text',
    'glN1': 'key',
    'glN2': 'key',
    'branchInfo': 'text',
    'stocktakingDate': 'day',
    'logoFileName': 'text',
    'regionNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
    'openMonday': 'text',
    'openTuesday': 'text',
    'openWednesday': 'text',
    'openThursday': 'text',
    'openFriday': 'text',
    'openSaturday': 'text',
    'openSunday': 'text',
} %}

{% set mapped = [
    'number', 'name1', 'city', 'zipCode', 'countryNumber', 'regionNumber', 'isActive',
    'isWebshop', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__branch') }}

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
