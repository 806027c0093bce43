-- Sizes, in the order of their size group.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'sizeGroupNumber': 'key',
    'name': 'text',
    'position': 'whole',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__size') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=['sizeGroupNumber']) }}
    from parsed

)

select * from typed
