-- Stocktakings: headers without quantities. Stock is in stg_prohandel__articlesizes.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'branchNumber': 'key',
    'categoryNumber': 'key',
    'supplierNumber': 'key',
    'shopNumber': 'key',
    'active': 'flag',
    'date': 'day',
    'stocktakingDate': 'day',
    'type': 'whole',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

with

source as (

    select * from {{ source('raw', 'prohandel__inventory') }}

),

parsed as (

    select
        *,
        {{ parsed_record('payload', fields) }} as record
    from source

),

typed as (

    select
        {{ typed_columns(fields, required=[]) }}
    from parsed

)

select * from typed
