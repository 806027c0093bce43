-- Staff without what would tell who they are.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'branchNumber': 'key',
    'isActive': 'flag',
    'entryDate': 'day',
    'exitDate': 'day',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__staff') }}

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
