-- Kinds of price labels.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'name': 'text',
    'searchTerm': 'text',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__label') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=['number']) }}
    from parsed

)

select * from typed
