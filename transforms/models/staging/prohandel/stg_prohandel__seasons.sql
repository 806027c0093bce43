-- Seasons.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'seasonNumber': 'key',
    'name': 'text',
    'searchTerm': 'text',
    'validFrom': 'day',
    'validUntil': 'day',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__season') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=['seasonNumber']) }}
    from parsed

)

select * from typed
