-- Categories of articles; the only place where the till tells a tax class.

{{ config(enabled=is_used('prohandel')) }}

{% set fields = {
    'id': 'text',
    'number': 'key',
    'name': 'text',
    'searchTerm': 'text',
    'departmentNumber': 'key',
    'mainDepartmentNumber': 'key',
    'mainCategoryNumber': 'key',
    'generalCategoryNumber': 'key',
    'taxNumber': 'key',
    'isServiceCategory': 'flag',
    'labelNumber': 'key',
    'lastChange': 'moment',
    'isDeleted': 'flag',
} %}

{% set mapped = [
    'number', 'name', 'departmentNumber', 'mainCategoryNumber', 'generalCategoryNumber',
    'taxNumber', 'isServiceCategory', 'lastChange', 'isDeleted',
] %}

with

source as (

    select * from {{ source('raw', 'prohandel__category') }}

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
